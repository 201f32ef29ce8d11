// Package role assembles the parts of Gatewright into what a process can be:
// a control plane, a gateway, or everything at once for development. It opens
// ports and directories, starts the parts in the order in which they need one
// another and stops them in the reverse one. No rule of the product lives
// here.
package role
