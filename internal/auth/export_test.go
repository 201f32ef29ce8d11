package auth

// Fill takes all slots in which hashes are made, until release is called.
func (h *Hasher) Fill() (release func()) {
	for range MaxHashesAtOnce {
		h.waiting <- struct{}{}
		h.slots <- struct{}{}
	}
	return func() {
		for range MaxHashesAtOnce {
			<-h.slots
			<-h.waiting
		}
	}
}
