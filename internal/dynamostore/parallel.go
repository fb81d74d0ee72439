package dynamostore

import "sync"

// maxParallel is how many calls one request makes at once.
const maxParallel = 16

// parallel calls do for each i below n, at most maxParallel at once, waits for all
// and returns the first error in the order of i.
func parallel(n int, do func(i int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	free := make(chan struct{}, maxParallel)
	for i := range n {
		free <- struct{}{}
		all.Go(func() {
			errs[i] = do(i)
			<-free
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
