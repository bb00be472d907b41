"""Drawings of dependencies: where boxes stand and wires run. Pure: no words and no colours, only places and classes."""
