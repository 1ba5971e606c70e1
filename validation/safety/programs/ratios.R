# Two-sided exact tests of a proportion and exact ratios of two rates, over grids. Rscript ratios.R FOLDER
out <- commandArgs(TRUE)[1]
grid <- expand.grid(n = c(1, 2, 7, 20, 93), share = c(0.02, 0.25, 0.5, 0.81))
rows <- do.call(rbind, lapply(seq_len(nrow(grid)), function(i) {
  n <- grid$n[i]
  do.call(rbind, lapply(unique(round(seq(0, n, length.out = 6))), function(x)
    data.frame(events = x, n = n, share = grid$share[i], p = binom.test(x, n, grid$share[i])$p.value)))
}))
write.csv(format(rows, digits = 16, scientific = TRUE), file.path(out, "binomial_p.csv"), row.names = FALSE, quote = FALSE)
cases <- expand.grid(events = c(0, 1, 5, 40), reference_events = c(0, 1, 8, 300), exposure = c(0.37, 12.5),
                     reference_exposure = c(1, 31.25), level = c(0.9, 0.95))
cases <- cases[cases$events + cases$reference_events > 0, ]
rows <- do.call(rbind, lapply(seq_len(nrow(cases)), function(i) with(cases[i, ], {
  test <- poisson.test(c(events, reference_events), c(exposure, reference_exposure), conf.level = level)
  data.frame(cases[i, ], ratio = unname(test$estimate), low = test$conf.int[1], high = test$conf.int[2], p = test$p.value)
})))
write.csv(format(rows, digits = 16, scientific = TRUE), file.path(out, "rate_ratios.csv"), row.names = FALSE, quote = FALSE)
