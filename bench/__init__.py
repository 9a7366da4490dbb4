"""The benchmarks of README, each runnable by anyone as `python -m bench.NAME`; `make bench` runs all of them."""
