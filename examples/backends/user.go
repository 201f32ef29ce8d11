package backends

import (
	"net/http"
	"time"
)

func readUser(w http.ResponseWriter, r *http.Request) (User, bool) {
	var u User
	if !read(w, r, &u) {
		return u, false
	}
	if u.Username == "" {
		refuse(w, http.StatusBadRequest, "a user needs a username")
		return u, false
	}
	return u, true
}

func (s *petstore) createUser(w http.ResponseWriter, r *http.Request) {
	u, ok := readUser(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.users[u.Username]; taken {
		refuse(w, http.StatusBadRequest, "there is a user %q already", u.Username)
		return
	}
	if full(w, len(s.users)) {
		return
	}
	u.ID = s.next()
	s.users[u.Username] = u
	answer(w, http.StatusOK, u)
}

func (s *petstore) getUser(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[r.PathValue("username")]
	if !ok {
		refuse(w, http.StatusNotFound, "there is no user %q", r.PathValue("username"))
		return
	}
	answer(w, http.StatusOK, u)
}

func (s *petstore) updateUser(w http.ResponseWriter, r *http.Request) {
	u, ok := readUser(w, r)
	if !ok {
		return
	}
	name := r.PathValue("username")
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.users[name]
	if !ok {
		refuse(w, http.StatusNotFound, "there is no user %q", name)
		return
	}
	if u.Username != name {
		refuse(w, http.StatusBadRequest, "the user is %q, not %q", name, u.Username)
		return
	}
	u.ID = old.ID
	s.users[name] = u
	answer(w, http.StatusOK, u)
}

func (s *petstore) deleteUser(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.users[r.PathValue("username")]; !ok {
		refuse(w, http.StatusNotFound, "there is no user %q", r.PathValue("username"))
		return
	}
	delete(s.users, r.PathValue("username"))
	w.WriteHeader(http.StatusNoContent)
}

// login plays a session: it lets everybody in and keeps nothing.
func (s *petstore) login(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("username") == "" || q.Get("password") == "" {
		refuse(w, http.StatusBadRequest, "username and password are needed")
		return
	}
	w.Header().Set("X-Expires-After", s.now().UTC().Add(time.Hour).Format(time.RFC3339))
	answer(w, http.StatusOK, map[string]string{"message": "logged in"})
}

func (s *petstore) logout(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}
