# Counts the trial in `data` by the rules that README.md states, with loops and base R, and writes what binom.test,
# poisson.test, fisher.test, prop.test, survfit and survdiff say of the counts.
# Rscript safety.R data expected.json
library(survival); library(jsonlite)
from <- commandArgs(TRUE)[1]; to <- commandArgs(TRUE)[2]
get <- function(name) read.csv(file.path(from, paste0(name, ".csv")), colClasses = "character", na.strings = NULL)
people <- get("participants"); events <- get("events"); given <- get("administrations"); ae <- get("adverse_events")
MONTH <- 30.4375
RELATED <- c("related", "possibly related", "probably related", "probable", "possible")
UNRELATED <- c("not related", "unlikely", "unrelated")
given$day <- as.numeric(given$day); events$day <- as.numeric(events$day); ae$start_day <- as.numeric(ae$start_day)
ae$grade <- suppressWarnings(as.integer(ae$ctcae_grade))
ae$is_serious <- ifelse(ae$serious == "true", TRUE, ifelse(ae$serious == "false", FALSE, NA))
word <- tolower(trimws(ae$relatedness))
ae$is_related <- ifelse(word %in% RELATED, TRUE, ifelse(word %in% UNRELATED, FALSE, NA))
ae$both <- ae$is_serious & ae$is_related
ae$severe <- ae$grade >= 3
ae$all <- TRUE
arms <- unique(people$arm)
with_cells <- arms[sapply(arms, function(a) any(people$participant_id[people$arm == a] %in% given$participant_id))]
people$end <- NA; people$died <- FALSE
for (i in seq_len(nrow(people))) {
  who <- people$participant_id[i]
  known <- c(events$day[events$participant_id == who], given$day[given$participant_id == who],
             ae$start_day[ae$participant_id == who])
  over <- events$day[events$participant_id == who & events$kind %in% c("death", "end_of_follow_up")]
  people$end[i] <- min(max(known), over)
  people$died[i] <- people$end[i] %in% events$day[events$participant_id == who & events$kind == "death"]
}
counted <- people[(!(people$arm %in% with_cells) | people$participant_id %in% given$participant_id) & people$end > 0, ]
ae <- merge(ae, counted[, c("participant_id", "arm", "end")], by = "participant_id")
ae <- ae[ae$start_day <= ae$end, ]
after <- ae[ae$start_day >= 0, ]; before <- ae[ae$start_day < 0, ]
kinds <- c(any = "all", serious = "is_serious", related = "is_related", "serious related" = "both",
           "grade >= 3" = "severe")
shares <- list(); rates <- list(); between <- list(); first <- list(); tests <- list()
ci <- function(x) as.numeric(x$conf.int)
share <- function(x, n, what) c(what, list(affected = x, n = n, estimate = x / n, interval = ci(binom.test(x, n))))
mover <- function(x, t, y, s) {
  a <- ci(poisson.test(x, t)); b <- ci(poisson.test(y, s)); p <- x / t; q <- y / s
  c(p - q - sqrt((p - a[1])^2 + (b[2] - q)^2), p - q + sqrt((a[2] - p)^2 + (q - b[1])^2))
}
newcombe <- function(x, n, y, m) {
  a <- ci(prop.test(x, n, correct = FALSE)); b <- ci(prop.test(y, m, correct = FALSE)); p <- x / n; q <- y / m
  c(p - q - sqrt((p - a[1])^2 + (b[2] - q)^2), p - q + sqrt((a[2] - p)^2 + (q - b[1])^2))
}
firsts <- function(table, group) {
  days <- sapply(group$participant_id, function(w) min(c(Inf, table$start_day[table$participant_id == w])))
  event <- is.finite(days)
  cause <- factor(ifelse(event, "event", ifelse(group$died, "death", "censored")), c("censored", "event", "death"))
  data.frame(time = pmin(days, group$end) / MONTH, event = event, cause = cause, arm = group$arm, id = seq_along(days))
}
# The first time at which a share reaches one half; the middle where it stays there. survival gives no quantile of a
# multi-state model.
half <- function(time, share) {
  at <- which(share >= 0.5 - 1e-8); above <- which(share > 0.5 + 1e-8)
  if (!length(at)) return(NA)
  if (share[at[1]] <= 0.5 + 1e-8 && length(above)) return((time[at[1]] + time[above[1]]) / 2)
  time[at[1]]
}
two <- function(x, t, y, s) {
  test <- poisson.test(c(x, y), c(t, s))
  list(ratio = unname(test$estimate), interval = ci(test), p = test$p.value, difference = x / t - y / s,
       difference_interval = mover(x, t, y, s))
}
for (kind in names(kinds)) {
  picked <- after[which(after[[kinds[[kind]]]]), ]
  for (a in arms) {
    group <- counted[counted$arm == a, ]; mine <- picked[picked$arm == a, ]; f <- firsts(mine, group)
    what <- list(kind = kind, arm = a)
    shares[[length(shares) + 1]] <- share(length(unique(mine$participant_id)), nrow(group), what)
    months <- sum(group$end) / MONTH
    one <- poisson.test(nrow(mine), months / 100); other <- poisson.test(sum(f$event), sum(f$time) / 100)
    rates[[length(rates) + 1]] <- c(what, list(
      events = nrow(mine), months = months, rate = unname(one$estimate), interval = ci(one), firsts = sum(f$event),
      at_risk = sum(f$time), incidence = unname(other$estimate), incidence_interval = ci(other),
      unsaid = sum(is.na(after[[kinds[[kind]]]][after$arm == a]))))
    fit <- survfit(Surv(time, cause) ~ 1, data = f, conf.type = "log-log", id = id)
    k <- match("event", fit$states)
    at <- summary(fit, times = c(1, 3, 6), extend = TRUE)
    first[[length(first) + 1]] <- c(what, list(
      months = at$time, incidence = at$pstate[, k], error = at$std.err[, k], low = at$lower[, k], high = at$upper[, k],
      deaths = sum(f$cause == "death"), median = half(fit$time, fit$pstate[, k]),
      median_low = half(fit$time, ifelse(is.na(fit$upper[, k]), 0, fit$upper[, k])),
      median_high = half(fit$time, ifelse(is.na(fit$lower[, k]), 0, fit$lower[, k]))))
  }
  for (a in setdiff(arms, "control")) {
    g <- counted[counted$arm == a, ]; h <- counted[counted$arm == "control", ]
    m <- picked[picked$arm == a, ]; k <- picked[picked$arm == "control", ]
    x <- length(unique(m$participant_id)); y <- length(unique(k$participant_id))
    f <- firsts(m, g); e <- firsts(k, h)
    both <- rbind(f, e)
    test <- if (any(both$event)) survdiff(Surv(time, event) ~ arm, data = both) else NULL
    between[[length(between) + 1]] <- list(
      kind = kind, arm = a, newcombe = newcombe(x, nrow(g), y, nrow(h)),
      fisher = fisher.test(matrix(c(x, nrow(g) - x, y, nrow(h) - y), 2))$p.value,
      every = two(nrow(m), sum(g$end) / MONTH / 100, nrow(k), sum(h$end) / MONTH / 100),
      first = two(sum(f$event), sum(f$time) / 100, sum(e$event), sum(e$time) / 100),
      log_rank = if (is.null(test)) NULL else list(chi_square = test$chisq, p = pchisq(test$chisq, 1, lower.tail = FALSE)))
  }
}
terms <- list()
for (a in arms) for (term in sort(unique(after$term))) {
  mine <- after[after$arm == a & after$term == term, ]
  worst <- tapply(ifelse(is.na(mine$grade), 0, mine$grade), mine$participant_id, max)
  some <- function(column) length(unique(mine$participant_id[which(mine[[column]])]))
  f <- firsts(mine, counted[counted$arm == a, ])
  terms[[length(terms) + 1]] <- list(
    arm = a, term = term, participants = length(unique(mine$participant_id)), events = nrow(mine),
    serious = some("is_serious"), related = some("is_related"), serious_related = some("both"),
    grades = sapply(0:5, function(k) sum(worst == k)), at_risk = sum(f$time),
    serious_unknown = sum(is.na(mine$is_serious)), related_unknown = sum(is.na(mine$is_related)))
}
numbers <- list()
for (a in with_cells) for (k in 1:4) {
  n <- 0; hit <- character(); bad <- character(); count <- 0; months <- 0
  for (i in which(counted$arm == a)) {
    days <- sort(unique(given$day[given$participant_id == counted$participant_id[i]]))
    days <- days[days <= counted$end[i]]
    if (length(days) < k) next
    until <- if (length(days) > k) days[k + 1] else Inf
    n <- n + 1; months <- months + (min(until, counted$end[i]) - days[k]) / MONTH
    mine <- after[after$participant_id == counted$participant_id[i] & after$start_day >= days[k] &
                  after$start_day < until, ]
    count <- count + nrow(mine)
    if (nrow(mine)) hit <- c(hit, counted$participant_id[i])
    if (any(mine$both, na.rm = TRUE)) bad <- c(bad, counted$participant_id[i])
  }
  if (n) numbers[[length(numbers) + 1]] <- list(
    arm = a, injection = k, n = n, participants = length(hit), interval = ci(binom.test(length(hit), n)),
    serious_related = length(bad), serious_related_high = ci(binom.test(length(bad), n))[2], events = count,
    months = months, rate_interval = ci(poisson.test(count, months / 100)))
}
lead <- lapply(arms, function(a) list(arm = a, participants = length(unique(before$participant_id[before$arm == a]))))
write_json(list(shares = shares, rates = rates, between = between, first = first, terms = terms, numbers = numbers,
                before = lead), to, auto_unbox = TRUE, digits = NA, pretty = TRUE, null = "null", na = "null")
