"""The disease's own measures."""
