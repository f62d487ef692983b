"""A cluster in a box, over real loopback HTTP.

`scenario` says what a world is like; `world` builds it, `running` opens its ports, `process` is
the program; on the `control` port `hosts`, `faults` and `load` do what an operator asks of it.
`timeline`, `rounds` and `pace` are its time. The parts are plain objects on the timeline: `nomad`
(state store, scheduler, drainer, clients), `consul` (catalog, sessions, keys), `elb` (target groups
in time), `edge` (one Traefik a node), `traffic` (requests through all of it). Their HTTP is in
`nomad_api`, in the `*_api` modules of `consul`, and in `api` of `consul`, `elb` and `edge`;
`services` is what the parts know of each other. Nothing is kinder than the recorded originals.
"""
