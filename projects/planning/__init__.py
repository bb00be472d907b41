"""Computing with tasks and their dependencies. Pure: keys and hours in, plain values out."""
