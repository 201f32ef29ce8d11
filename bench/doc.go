// Command bench measures Gatewright beside others, all in one run:
//
//   - proxying: 64 keep-alive connections, a 512-byte JSON answer, the load
//     generator and the upstream on the same machine; nginx, HAProxy and Caddy
//     from Debian do the same work with private configurations;
//   - change: from a change's submission to its going live on two instances,
//     with 10 and with 10,000 APIs in the group;
//   - matching: the cost of finding a route among 10 to 100,000.
//
// Machines differ and are noisy, so the contenders take turns, several rounds
// of each, and what counts is the ratio within the run.
package main
