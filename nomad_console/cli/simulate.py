"""`simulate`: the cluster in a box, or a word to one that is running."""

import argparse


def run(options: argparse.Namespace) -> int:
    if options.control:
        from nomad_console.simulator.operator import run as speak

        return speak(options.control, options.words)
    from nomad_console.simulator.process import Options
    from nomad_console.simulator.process import run as serve

    return serve(
        Options(
            scenario=options.scenario,
            nodes=options.nodes,
            allocs=options.allocs,
            speed=options.speed,
            seed=options.seed,
            ports=options.ports,
            rate=options.rate,
            tls=options.tls,
            parent_pipe=options.with_parent,
        )
    )
