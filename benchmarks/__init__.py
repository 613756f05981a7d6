"""How fast aehash is and how much memory it takes, against doing the bare minimum by hand.

Run with ``python -m benchmarks`` or ``make bench``; nothing here passes or fails. Each benchmark
writes ``benchmarks/results/NAME.json``, and ``docs/benchmarks.md`` is drawn from those files.
"""
