package control

// HoldComparisons takes every place a comparison of two definitions could run
// in, until release is called.
func (c *Control) HoldComparisons() (release func()) {
	for range maxComparisons {
		c.gate.running <- struct{}{}
	}
	return func() {
		for range maxComparisons {
			<-c.gate.running
		}
	}
}
