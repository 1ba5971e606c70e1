# Joint ranks, their tests, win statistics and analysis of covariance of every data set, by plain loops and R's own
# functions: writes ../expected.json and ../expected.session.txt. Run from this folder: Rscript joint_rank.R
suppressMessages({library(jsonlite); library(coin); library(emmeans); library(pROC)})
MONTH <- 30.4375

read_trial <- function(name) {
  people <- read.csv(file.path("../data", paste0(name, "_people.csv")), stringsAsFactors = FALSE)
  visits <- read.csv(file.path("../data", paste0(name, "_visits.csv")), stringsAsFactors = FALSE)
  days <- sort(unique(visits$day[visits$day > 0]))
  value <- matrix(NA_real_, nrow(people), length(days))
  baseline <- rep(NA_real_, nrow(people))
  for (r in seq_len(nrow(visits))) {
    i <- match(visits$id[r], people$id)
    if (visits$day[r] == 0) baseline[i] <- visits$value[r] else value[i, match(visits$day[r], days)] <- visits$value[r]
  }
  if (is.null(people$randomised_day)) people$randomised_day <- 0
  list(people = people, days = days, baseline = baseline, change = round(value - baseline, 9))
}

# Times from randomisation, changes, both up to a month from time zero.
upto <- function(trial, month) {
  time <- trial$people$last_day
  event <- trial$people$fatal == 1
  kept <- rep(TRUE, length(trial$days))
  if (!is.na(month)) {
    kept <- trial$days / MONTH <= month + 0.05
    end <- max(month * MONTH, trial$days[kept])
    event <- event & time <= end
    time <- pmin(time, end)
  }
  list(time = time - trial$people$randomised_day, event = event, change = trial$change[, kept, drop = FALSE])
}

# What i against j gives: 1, -1 or 0, and what decided: 1 survival, 2 function, 0 nothing.
against <- function(course, i, j) {
  a <- course$time[i]; b <- course$time[j]
  if (course$event[i] && course$event[j]) {
    if (a == b) return(c(0, 0))
    return(if (a > b) c(1, 1) else c(-1, 1))
  }
  if (course$event[i] && a <= b) return(c(-1, 1))
  if (course$event[j] && b <= a) return(c(1, 1))
  shared <- which(!is.na(course$change[i, ]) & !is.na(course$change[j, ]))
  if (length(shared) == 0) return(c(0, 0))
  k <- max(shared)
  d <- course$change[i, k] - course$change[j, k]
  if (d == 0) c(0, 0) else c(sign(d), 2)
}

tested <- function(t) list(statistic = unname(t$statistic), p = t$p.value)

coefficient <- function(fit, name, level) {
  row <- summary(fit)$coefficients[name, ]
  ci <- confint(fit, name, level = level)
  list(estimate = row[[1]], standard_error = row[[2]], statistic = row[[3]], p = row[[4]], df = fit$df.residual,
       ci_low = ci[1], ci_high = ci[2])
}

adjusted <- function(fit, level) {
  m <- summary(emmeans(fit, "arm"), level = level)
  lapply(seq_len(nrow(m)), function(r) list(arm = as.character(m$arm[r]), estimate = m$emmean[r],
    standard_error = m$SE[r], df = m$df[r], ci_low = m$lower.CL[r], ci_high = m$upper.CL[r]))
}

van_elteren <- function(score, treated, stratum) {
  use <- ave(treated, stratum, FUN = function(x) as.numeric(any(x == 1) && any(x == 0))) == 1
  score <- score[use]; treated <- treated[use]; stratum <- factor(stratum[use])
  top <- 0; variance <- 0; weights <- 0
  for (s in levels(stratum)) {
    here <- stratum == s
    n <- sum(treated[here]); size <- sum(here); m <- size - n
    r <- rank(score[here])
    w <- 1 / (size + 1)
    top <- top + w * (sum(r[treated[here] == 1]) - n * (size + 1) / 2)
    variance <- variance + w^2 * n * m / (size * (size - 1)) * sum((r - mean(r))^2)
    weights <- weights + n * m / size
  }
  ridit <- ave(score, stratum, FUN = function(x) rank(x) / (length(x) + 1))
  by_coin <- independence_test(ridit ~ factor(treated, levels = c(1, 0)) | stratum, teststat = "scalar")
  list(n = sum(use), difference = top / weights, z = top / sqrt(variance), p = 2 * pnorm(-abs(top / sqrt(variance))),
       coin_z = unname(statistic(by_coin)), coin_p = as.numeric(pvalue(by_coin)))
}

# Win statistics, strata weighted by n m / (n + m); covariance by each member's own shares of pairs.
wins <- function(course, first, second, stratum, level = 0.95) {
  shares <- c(0, 0); v <- matrix(0, 2, 2); weight <- 0; pairs <- 0; won <- 0; lost <- 0; used <- 0
  decided <- c(survival = 0, function_ = 0, tied = 0)
  for (s in unique(stratum[first | second])) {
    a <- which(first & stratum == s); b <- which(second & stratum == s)
    n <- length(a); m <- length(b)
    if (n < 2 || m < 2) next
    used <- used + n + m
    W <- matrix(0, n, m); L <- matrix(0, n, m)
    for (i in seq_len(n)) for (j in seq_len(m)) {
      r <- against(course, a[i], b[j])
      if (r[1] > 0) W[i, j] <- 1
      if (r[1] < 0) L[i, j] <- 1
      k <- c("tied", "survival", "function_")[r[2] + 1]
      decided[k] <- decided[k] + 1
    }
    u <- n * m / (n + m)
    weight <- weight + u
    pairs <- pairs + n * m; won <- won + sum(W); lost <- lost + sum(L)
    shares <- shares + u * c(mean(W), mean(L))
    rows <- cbind(rowMeans(W), rowMeans(L)); columns <- cbind(colMeans(W), colMeans(L))
    s10 <- matrix(0, 2, 2); s01 <- matrix(0, 2, 2)
    for (i in seq_len(n)) s10 <- s10 + outer(rows[i, ] - colMeans(rows), rows[i, ] - colMeans(rows)) / (n - 1)
    for (j in seq_len(m)) s01 <- s01 + outer(columns[j, ] - colMeans(columns), columns[j, ] - colMeans(columns)) / (m - 1)
    v <- v + u^2 * (s10 / n + s01 / m)
  }
  w <- shares[1] / weight; l <- shares[2] / weight; v <- v / weight^2
  q <- qnorm(0.5 + level / 2)
  row <- function(estimate, variance) list(estimate = estimate, standard_error = sqrt(variance),
    statistic = estimate / sqrt(variance), p = 2 * pnorm(-abs(estimate / sqrt(variance))),
    ci_low = estimate - q * sqrt(variance), ci_high = estimate + q * sqrt(variance))
  nb <- w - l; vnb <- v[1, 1] + v[2, 2] - 2 * v[1, 2]
  odds <- (w + (1 - w - l) / 2) / (l + (1 - w - l) / 2)
  list(n = used, pairs = pairs, won = won, lost = lost, by_survival = decided[["survival"]],
       by_function = decided[["function_"]], tied = decided[["tied"]],
       win_ratio = row(log(w / l), v[1, 1] / w^2 + v[2, 2] / l^2 - 2 * v[1, 2] / (w * l)),
       win_odds = row(log(odds), vnb * (2 / (1 - nb^2))^2),
       net_benefit = row(nb, vnb))
}

of_month <- function(trial, month, reference) {
  course <- upto(trial, month)
  people <- trial$people
  n <- nrow(people)
  score <- integer(n); decided <- c(0, 0, 0)
  for (i in seq_len(n)) for (j in seq_len(n)) if (i != j) {
    r <- against(course, i, j)
    score[i] <- score[i] + r[1]
    decided[r[2] + 1] <- decided[r[2] + 1] + 1
  }
  rank <- rank(score)
  data <- data.frame(rank, score, arm = relevel(factor(people$arm), reference), baseline = trial$baseline,
                     age = people$age, onset = people$onset, site = people$site)
  plain <- lm(rank ~ arm + baseline, data)
  full <- lm(rank ~ arm + baseline + age + onset + site, data)
  pairs <- lapply(setdiff(levels(data$arm), reference), function(arm) {
    mine <- people$arm == arm; other <- people$arm == reference
    both <- mine | other
    test <- suppressWarnings(wilcox.test(score[mine], score[other]))
    list(arm = arm, difference = mean(rank[mine]) - mean(rank[other]), wilcoxon = tested(test), method = test$method,
         van_elteren = van_elteren(score[both], as.numeric(mine[both]), people$site[both]),
         ancova = coefficient(plain, paste0("arm", arm), 0.95),
         ancova_adjusted = coefficient(full, paste0("arm", arm), 0.9),
         wins = wins(course, mine, other, rep("", n)), wins_stratified = wins(course, mine, other, people$site, 0.9))
  })
  list(month = if (is.na(month)) NULL else month, score = score, rank = rank,
       share = decided[c(2, 3, 1)] / (n * (n - 1)), pairs = pairs,
       mean_rank = as.list(tapply(rank, people$arm, mean)),
       means = adjusted(plain, 0.95), means_adjusted = adjusted(full, 0.9))
}

change_at <- function(trial, day, reference) {
  change <- trial$change[, match(day, trial$days)]
  people <- trial$people
  data <- data.frame(change, arm = relevel(factor(people$arm), reference), baseline = trial$baseline,
                     age = people$age, onset = people$onset)
  plain <- lm(change ~ arm + baseline, data)
  full <- lm(change ~ arm + baseline + age + onset, data)
  seen <- !is.na(change)
  pairs <- lapply(setdiff(levels(data$arm), reference), function(arm) {
    t <- t.test(change[seen & people$arm == arm], change[seen & people$arm == reference])
    list(arm = arm, n = sum(seen & people$arm %in% c(arm, reference)),
         ancova = coefficient(plain, paste0("arm", arm), 0.95),
         ancova_adjusted = coefficient(full, paste0("arm", arm), 0.9),
         welch = list(estimate = unname(t$estimate[1] - t$estimate[2]), standard_error = t$stderr,
                      statistic = unname(t$statistic), df = unname(t$parameter), p = t$p.value,
                      ci_low = t$conf.int[1], ci_high = t$conf.int[2]))
  })
  list(day = day, pairs = pairs, means = adjusted(plain, 0.95), means_adjusted = adjusted(full, 0.9),
       died_before = sum(!seen & people$fatal == 1 & people$last_day <= day), missing = sum(!seen))
}

SETS <- list(
  list("j01_usual", "low", c(NA, 6)), list("j02_three_arms", "none", c(NA, 9)), list("j03_function_alone", "low", NA),
  list("j04_ties", "low", c(NA, 6)), list("j05_early_censoring", "low", c(NA, 6)),
  list("j06_randomised", "low", c(NA, 6)))
out <- lapply(SETS, function(set) {
  trial <- read_trial(set[[1]])
  list(dataset = set[[1]], reference = set[[2]],
       joint = lapply(set[[3]], function(month) of_month(trial, month, set[[2]])),
       change = lapply(c(183, 365), function(day) change_at(trial, day, set[[2]])))
})
write_json(out, "../expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE, null = "null")

# Nine people, pair by pair.
trial <- read_trial("j07_nine")
course <- upto(trial, NA)
n <- nrow(trial$people)
sign <- sapply(seq_len(n), function(j) sapply(seq_len(n), function(i) if (i == j) 0 else against(course, i, j)[1]))
write.csv(sign, "../nine_pairs.csv", row.names = FALSE, quote = FALSE)

# Without deaths, censoring and ties, net benefit is twice the area under the ROC curve minus one: DeLong's error.
trial <- read_trial("j03_function_alone")
last <- trial$change[, ncol(trial$change)]
curve <- roc(factor(trial$people$arm, levels = c("low", "high")), last, direction = "<", quiet = TRUE)
write_json(list(net_benefit = 2 * as.numeric(auc(curve)) - 1, standard_error = 2 * sqrt(var(curve, method = "delong"))),
           "../delong.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)

# Wilcoxon's test by itself: sizes and shifts with and without ties, around the border of the exact p.
set.seed(11)
rows <- NULL; samples <- list()
for (case in seq_len(40)) {
  n <- sample(c(1, 2, 3, 5, 8, 20, 49, 50, 60), 1); m <- sample(c(1, 2, 4, 7, 15, 49, 50), 1)
  tied <- case %% 2 == 0
  x <- rnorm(n, 0.3 * (case %% 5)); y <- rnorm(m)
  if (tied) { x <- round(2 * x); y <- round(2 * y) }
  if (length(unique(c(x, y))) == 1) x[1] <- x[1] + 1
  test <- suppressWarnings(wilcox.test(x, y))
  samples[[case]] <- list(first = I(x), second = I(y), statistic = unname(test$statistic), p = test$p.value,
                          exact = grepl("exact", test$method))
}
write_json(samples, "../rank_sum.json", auto_unbox = TRUE, digits = NA)
capture.output(sessionInfo(), file = "../expected.session.txt")
