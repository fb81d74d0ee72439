package apigw

import "time"

// Patient gives pushes all the time that a busy machine may need.
func (a *Audience) Patient() { a.postWait, a.pushWait = time.Minute, time.Minute }
