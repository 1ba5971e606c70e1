# Milliseconds of processor a fit, the mean over the data sets: ANCOVA at the last visit; slopes of each participant before and
# after time zero with Welch's test. As JSON on the last line. Arguments: the data sets.
data <- lapply(commandArgs(TRUE), read.csv)
timed <- function(sets, fit, times) {
  fit(sets[[1]])
  taken <- system.time(for (again in seq_len(times)) for (d in sets) fit(d))
  1000 * sum(taken[1:2]) / times / length(sets)
}
last <- lapply(data, function(d) {
  base <- d[d$time <= 0, ]; base <- base[order(base$id, base$time), ]; base <- base[!duplicated(base$id, fromLast = TRUE), ]
  d <- merge(d[d$time == max(d$time), ], data.frame(id = base$id, base = base$y), by = "id")
  d$change <- d$y - d$base
  d
})
lm_time <- timed(last, function(d) coef(summary(lm(change ~ arm + base, d))), 5)
slope <- function(t, y) if (length(y) < 3) NA_real_ else .lm.fit(cbind(1, t), y)$coefficients[2]
slopes <- timed(data, function(d) {
  found <- vapply(split(d, d$id), function(one) {
    before <- one$time <= 0
    c(one$arm[1], slope(one$time[!before], one$y[!before]) - slope(one$time[before], one$y[before]))
  }, numeric(2))
  t.test(found[2, found[1, ] == 1], found[2, found[1, ] == 0])
}, 1)
cat(sprintf('{"R lm(), summary()": %f, "R .lm.fit() for each participant and side, t.test()": %f}\n', lm_time, slopes))
