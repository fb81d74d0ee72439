package apigw

import "time"

// Patient gives pushes all the time that a busy machine may need.
func (a *Audience) Patient() {
	a.postWait, a.pushWait, a.pageWait = time.Minute, time.Minute, time.Minute
}
