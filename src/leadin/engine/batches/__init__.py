"""Many trials fitted at once: plain fronts of the kernels, arrays in and fits out."""
