package backends

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// MaxThings bounds how many pets, orders or users a pet store keeps.
const MaxThings = 1000

// Pet is an animal in the store.
type Pet struct {
	Name      string   `json:"name"`
	PhotoURLs []string `json:"photoUrls"`
	ID        int64    `json:"id"`
	Category  *Named   `json:"category,omitempty"`
	Tags      []Named  `json:"tags,omitempty"`
	Status    string   `json:"status,omitempty"` // "available", "pending" or "sold"
}

// Named is a category or a tag.
type Named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Order is somebody's wish for a pet.
type Order struct {
	ID       int64     `json:"id"`
	PetID    int64     `json:"petId"`
	Quantity int32     `json:"quantity"`
	ShipDate time.Time `json:"shipDate,omitzero"`
	Status   string    `json:"status"`
	Complete bool      `json:"complete"`
}

// User is a customer.
type User struct {
	ID        int64  `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
}

type petstore struct {
	now func() time.Time

	mu     sync.Mutex
	last   int64 // highest number given to anything
	pets   map[int64]Pet
	orders map[int64]Order
	users  map[string]User
}

// Petstore returns a pet store that calls itself name in the header X-Backend
// and has one dog to begin with.
func Petstore(name string, now func() time.Time) http.Handler {
	dog := Pet{
		Name:      "Dog",
		PhotoURLs: []string{"https://example.com/dog-1.jpg", "https://example.com/dog-2.jpg"},
		ID:        1,
		Category:  &Named{1, "pets"},
		Tags:      []Named{{1, "friendly"}, {2, "smart"}},
		Status:    "available",
	}
	s := &petstore{now: now, last: 1, pets: map[int64]Pet{1: dog}, orders: map[int64]Order{}, users: map[string]User{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pet/{petId}", s.getPet)
	mux.HandleFunc("DELETE /pet/{petId}", s.deletePet)
	mux.HandleFunc("POST /pet", s.addPet)
	mux.HandleFunc("PUT /pet", s.updatePet)
	mux.HandleFunc("GET /pet/findByStatus", s.findPets)
	mux.HandleFunc("GET /store/inventory", s.inventory)
	mux.HandleFunc("POST /store/order", s.placeOrder)
	mux.HandleFunc("GET /store/order/{orderId}", s.getOrder)
	mux.HandleFunc("DELETE /store/order/{orderId}", s.deleteOrder)
	mux.HandleFunc("POST /user", s.createUser)
	mux.HandleFunc("GET /user/login", s.login)
	mux.HandleFunc("GET /user/logout", s.logout)
	mux.HandleFunc("GET /user/{username}", s.getUser)
	mux.HandleFunc("PUT /user/{username}", s.updateUser)
	mux.HandleFunc("DELETE /user/{username}", s.deleteUser)
	return named(name, mux)
}

// number reads the path parameter key; false when it has refused the request.
func number(w http.ResponseWriter, r *http.Request, key string) (int64, bool) {
	n, err := strconv.ParseInt(r.PathValue(key), 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, "%q is not a number", r.PathValue(key))
	}
	return n, err == nil
}

func validStatus(status string) bool {
	return status == "available" || status == "pending" || status == "sold"
}

func (s *petstore) getPet(w http.ResponseWriter, r *http.Request) {
	id, ok := number(w, r, "petId")
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pets[id]
	if !ok {
		refuse(w, http.StatusNotFound, "there is no pet %d", id)
		return
	}
	answer(w, http.StatusOK, p)
}

func (s *petstore) deletePet(w http.ResponseWriter, r *http.Request) {
	id, ok := number(w, r, "petId")
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.pets[id]; !ok {
		refuse(w, http.StatusNotFound, "there is no pet %d", id)
		return
	}
	delete(s.pets, id)
	w.WriteHeader(http.StatusNoContent)
}

func readPet(w http.ResponseWriter, r *http.Request) (Pet, bool) {
	var p Pet
	if !read(w, r, &p) {
		return p, false
	}
	if p.Name == "" || p.PhotoURLs == nil || p.Status != "" && !validStatus(p.Status) {
		refuse(w, http.StatusBadRequest, "a pet needs name and photoUrls; its status is available, pending or sold")
		return p, false
	}
	return p, true
}

func (s *petstore) addPet(w http.ResponseWriter, r *http.Request) {
	p, ok := readPet(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if full(w, len(s.pets)) {
		return
	}
	if _, taken := s.pets[p.ID]; p.ID <= 0 || taken {
		p.ID = s.next()
	}
	s.pets[p.ID] = p
	answer(w, http.StatusOK, p)
}

func (s *petstore) updatePet(w http.ResponseWriter, r *http.Request) {
	p, ok := readPet(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.pets[p.ID]; !ok {
		refuse(w, http.StatusNotFound, "there is no pet %d", p.ID)
		return
	}
	s.pets[p.ID] = p
	answer(w, http.StatusOK, p)
}

func (s *petstore) findPets(w http.ResponseWriter, r *http.Request) {
	wanted := r.URL.Query()["status"]
	for _, status := range wanted {
		if !validStatus(status) {
			refuse(w, http.StatusBadRequest, "%q is not a status; use available, pending or sold", status)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Pet{}
	for _, id := range slices.Sorted(maps.Keys(s.pets)) {
		if p := s.pets[id]; len(wanted) == 0 || slices.Contains(wanted, p.Status) {
			found = append(found, p)
		}
	}
	answer(w, http.StatusOK, found)
}

// next returns a number no thing has. The caller holds the lock.
func (s *petstore) next() int64 {
	for {
		s.last++
		_, pet := s.pets[s.last]
		_, order := s.orders[s.last]
		if !pet && !order {
			return s.last
		}
	}
}

// full refuses the request when have things are all that fit.
func full(w http.ResponseWriter, have int) bool {
	if have >= MaxThings {
		refuse(w, http.StatusInsufficientStorage, "the store keeps at most %d of them", MaxThings)
		return true
	}
	return false
}
