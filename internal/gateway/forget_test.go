package gateway

// ForgetFlows takes all flows out of what g serves, which no update can do.
func (g *Gateway) ForgetFlows() {
	g.mu.Lock()
	defer g.mu.Unlock()
	next := *g.current.Load()
	next.flows = &liveFlows{byKey: next.flows.byKey, hooks: next.flows.hooks}
	g.current.Store(&next)
}
