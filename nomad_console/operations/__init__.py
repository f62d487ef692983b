"""The only place that acts: conductor, journal, ledger, hosts."""
