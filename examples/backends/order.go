package backends

import "net/http"

func (s *petstore) inventory(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := map[string]int{}
	for _, p := range s.pets {
		count[p.Status]++
	}
	answer(w, http.StatusOK, count)
}

func (s *petstore) placeOrder(w http.ResponseWriter, r *http.Request) {
	var o Order
	if !read(w, r, &o) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.pets[o.PetID]; !ok {
		refuse(w, http.StatusBadRequest, "there is no pet %d", o.PetID)
		return
	}
	if full(w, len(s.orders)) {
		return
	}
	o.ID, o.Status = s.next(), "placed"
	o.Quantity = max(o.Quantity, 1)
	if o.ShipDate.IsZero() {
		o.ShipDate = s.now().UTC()
	}
	s.orders[o.ID] = o
	answer(w, http.StatusOK, o)
}

func (s *petstore) getOrder(w http.ResponseWriter, r *http.Request) {
	id, ok := number(w, r, "orderId")
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[id]
	if !ok {
		refuse(w, http.StatusNotFound, "there is no order %d", id)
		return
	}
	answer(w, http.StatusOK, o)
}

func (s *petstore) deleteOrder(w http.ResponseWriter, r *http.Request) {
	id, ok := number(w, r, "orderId")
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.orders[id]; !ok {
		refuse(w, http.StatusNotFound, "there is no order %d", id)
		return
	}
	delete(s.orders, id)
	w.WriteHeader(http.StatusNoContent)
}
