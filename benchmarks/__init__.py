"""How fast aehash is and how much memory it takes, against its peers and the bare minimum.

Run with ``python -m benchmarks`` or ``make bench``; nothing here passes or fails, but sides whose
results differ are not timed. Each benchmark writes ``benchmarks/results/NAME.json``, and
``docs/benchmarks.md`` and its pictures are drawn from those files. ``--only search`` and
``--only eval`` need the peers: ``pip install 'aehash[peers]'``.
"""
