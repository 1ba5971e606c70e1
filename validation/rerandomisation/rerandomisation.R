# p values over every allocation that a rule of randomisation can give, by brute force: all permutations of all blocks
# are gone through, places of an arm that is full passed over. Base R, survival and jsonlite.
# Usage: Rscript rerandomisation.R DATA_FOLDER OUTPUT.json   (versions go to OUTPUT.session.txt)
suppressMessages({library(jsonlite); library(survival)})
args <- commandArgs(TRUE); folder <- args[1]; out <- args[2]
people <- read.csv(file.path(folder, "people.csv")); scores <- read.csv(file.path(folder, "scores.csv"))

slope <- function(d) unname(coef(lm(value ~ month, d))[2])
change <- sapply(people$id, function(i) {
  d <- scores[scores$id == i, ]; slope(d[d$month > 0, ]) - slope(d[d$month <= 0, ])
})
before <- sapply(people$id, function(i) slope(scores[scores$id == i & scores$month <= 0, ]))
half <- before < 0 & (before + change) >= 0.5 * before - 1e-9   # at least 50 % slower; who did not decline: no
statistics <- list(
  slope_change = function(cells, who) mean(change[who][cells]) - mean(change[who][!cells]),
  responders = function(cells, who) mean(half[who][cells]) - mean(half[who][!cells]),
  log_rank = function(cells, who) survdiff(Surv(months, died) ~ cells, people[who, ])$chisq)

# Every distinct order of a block with k places for cells among n.
orders <- function(k, n) lapply(asplit(combn(n, k), 2), function(at) seq_len(n) %in% at)
# All allocations of a rule with the probability of each: TRUE is cells. One block for each stratum is opened whenever
# the last one is used up; as many are prepared as could be needed.
allocations <- function(strata, total, block) {
  n <- length(strata); kinds <- unique(strata)
  if (is.null(block)) { all <- orders(total[1], n); return(list(set = all, weight = rep(1 / length(all), length(all)))) }
  needed <- sapply(kinds, function(s) ceiling(sum(strata == s) / sum(block)) + 1)
  one <- orders(block[1], sum(block))
  chosen <- as.matrix(expand.grid(rep(list(seq_along(one)), sum(needed))))
  keys <- apply(chosen, 1, function(pick) {
    queues <- split(pick, rep(kinds, needed)); queues <- lapply(queues, function(q) unlist(one[q]))
    left <- c(total[1], total[2]); given <- logical(n)
    for (i in seq_len(n)) repeat {
      s <- strata[i]; place <- queues[[s]][1]; queues[[s]] <- queues[[s]][-1]
      if (is.na(place)) stop("too few blocks prepared")
      if (left[if (place) 1 else 2] > 0) { given[i] <- place; at <- if (place) 1 else 2; left[at] <- left[at] - 1; break }
    }
    paste(as.integer(given), collapse = "")
  })
  found <- table(keys)
  list(set = lapply(strsplit(names(found), ""), function(x) x == "1"), weight = as.numeric(found) / length(keys))
}
one <- function(who, block, strata) {
  cells <- people$arm[who] == "cells"
  all <- allocations(if (strata) people$site[who] else rep("all", length(who)), c(sum(cells), sum(!cells)), block)
  p <- sapply(statistics, function(f) {
    seen <- abs(f(cells, who)); other <- abs(sapply(all$set, f, who = who))
    sum(all$weight[other >= seen - 1e-7 * seen])
  })
  list(who = people$id[who], block = block, strata = strata, allocations = length(all$set),
       total_weight = sum(all$weight), seen = lapply(statistics, function(f) f(cells, who)), p = as.list(p))
}
expected <- list(
  one_block = one(1:12, NULL, FALSE), blocks_of_4 = one(1:12, c(2, 2), FALSE), blocks_of_2_cut_short = one(3:9, c(1, 1), FALSE),
  strata_with_open_blocks = one(1:11, c(1, 1), TRUE), strata_blocks_of_4 = one(1:9, c(2, 2), TRUE), one_to_two = one(c(1, 2, 4, 5, 6, 7, 8, 10), c(1, 2), FALSE))
write(toJSON(expected, digits = NA, pretty = TRUE, auto_unbox = TRUE, null = "null"), out)
writeLines(c(R.version.string, paste("jsonlite", packageVersion("jsonlite")), paste("survival", packageVersion("survival"))), sub("\\.json$", ".session.txt", out))
