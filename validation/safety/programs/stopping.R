# Stopping boundaries and what they do, by plain recursion over (treated, events), written apart from leadin.
# Rscript stopping.R stopping.json
library(jsonlite)
to <- commandArgs(TRUE)[1]
# Paths are counted one by one: alive[x + 1] is the probability of x events among k without having stopped.
walk <- function(bound, p) {
  alive <- c(1); stop_at <- numeric(length(bound))
  for (k in seq_along(bound)) {
    later <- numeric(k + 1)
    for (x in 0:(k - 1)) {
      later[x + 1] <- later[x + 1] + alive[x + 1] * (1 - p)
      later[x + 2] <- later[x + 2] + alive[x + 1] * p
    }
    for (x in 0:k) if (x >= bound[k]) { stop_at[k] <- stop_at[k] + later[x + 1]; later[x + 1] <- 0 }
    alive <- later
  }
  ever <- sum(stop_at)
  list(ever = ever, expected = sum(stop_at * seq_along(bound)) + (1 - ever) * length(bound), stop_at = stop_at)
}
# Orders: number of ways to arrange the events, over ways that never stop.
orders <- function(bound, events, n) {
  ways <- c(1)
  for (k in 1:n) {
    later <- numeric(k + 1)
    for (x in 0:(k - 1)) { later[x + 1] <- later[x + 1] + ways[x + 1]; later[x + 2] <- later[x + 2] + ways[x + 1] }
    for (x in 0:k) if (x >= bound[k]) later[x + 1] <- 0
    ways <- later
  }
  1 - ways[events + 1] / choose(n, events)
}
bayesian <- function(N, a, b, p0, certainty, first) sapply(1:N, function(n) {
  if (n < first) return(Inf)
  stops <- which(pbeta(p0, a + 0:n, b + n - 0:n, lower.tail = FALSE) > certainty)
  if (length(stops)) stops[1] - 1 else Inf
})
exact <- function(N, p0, alpha, first) {
  at <- function(level) sapply(1:N, function(n) {
    if (n < first) return(Inf)
    stops <- which(pbinom(1:n - 1, n, p0, lower.tail = FALSE) <= level)
    if (length(stops)) stops[1] else Inf
  })
  levels <- sort(unique(unlist(lapply(first:N, function(n) pbinom(1:n - 1, n, p0, lower.tail = FALSE)))))
  best <- NULL
  for (level in levels[levels <= alpha]) { b <- at(level); if (walk(b, p0)$ever <= alpha) best <- b else break }
  best
}
likelihood <- function(N, p0, p1, alpha, first) {
  score <- function(n, x) x * log(p1 / p0) + (n - x) * log((1 - p1) / (1 - p0))
  at <- function(level) sapply(1:N, function(n) {
    if (n < first) return(Inf)
    stops <- which(score(n, 1:n) >= level)
    if (length(stops)) stops[1] else Inf
  })
  levels <- sort(unique(unlist(lapply(first:N, function(n) score(n, 1:n)))), decreasing = TRUE)
  best <- NULL
  for (level in levels) { b <- at(level); if (walk(b, p0)$ever <= alpha) best <- b else break }
  best
}
rows <- list()
add <- function(settings, bound) {
  p0 <- settings$tolerated
  does <- lapply(c(0.5, 1, 1.5, 2, 3) * p0, function(p) c(list(share = p), walk(bound, p)[c("ever", "expected")]))
  n <- min(length(bound), 25)
  told <- lapply(0:min(6, n), function(x) list(events = x, n = n, share = orders(bound, x, n)))
  rows[[length(rows) + 1]] <<- c(settings, list(boundary = ifelse(is.finite(bound), bound, NA), does = does, orders = told))
}
for (s in list(list(20, 0.1, 0.5, 2, 0.9, 1), list(30, 0.1, 0.1, 1, 0.95, 3), list(60, 0.2, 0.2, 1.5, 0.8, 1),
               list(40, 0.05, 0.05, 5, 0.9, 2)))
  add(list(kind = "bayesian", participants = s[[1]], tolerated = s[[2]], prior_mean = s[[3]], prior_weight = s[[4]],
           certainty = s[[5]], first_look = s[[6]]),
      bayesian(s[[1]], s[[3]] * s[[4]], (1 - s[[3]]) * s[[4]], s[[2]], s[[5]], s[[6]]))
for (s in list(list(20, 0.2, 0.05, 1), list(50, 0.2, 0.1, 1), list(30, 0.05, 0.05, 1), list(45, 0.1, 0.025, 4),
               list(12, 0.33, 0.1, 1)))
  add(list(kind = "exact", participants = s[[1]], tolerated = s[[2]], alpha = s[[3]], first_look = s[[4]]),
      exact(s[[1]], s[[2]], s[[3]], s[[4]]))
for (s in list(list(30, 0.1, 0.3, 0.05, 1), list(40, 0.2, 0.4, 0.1, 1), list(25, 0.05, 0.25, 0.05, 3)))
  add(list(kind = "likelihood_ratio", participants = s[[1]], tolerated = s[[2]], unacceptable = s[[3]], alpha = s[[4]],
           first_look = s[[5]]), likelihood(s[[1]], s[[2]], s[[3]], s[[4]], s[[5]]))
write_json(rows, to, auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null")
