# Milliseconds of processor of joint ranks by a loop over all pairs, as JSON on the last line. Arguments: survival, visits.
people <- read.csv(commandArgs(TRUE)[1]); visits <- read.csv(commandArgs(TRUE)[2])
visits <- visits[visits$time >= 0, ]; months <- sort(unique(visits$time)); n <- nrow(people)
value <- matrix(NA_real_, n, length(months))
value[cbind(match(visits$id, people$id), match(visits$time, months))] <- visits$y
change <- value[, -1] - value[, 1]; time <- people$time; event <- people$event == 1
against <- function(i, j) {
  if (event[i] && event[j]) return(sign(time[i] - time[j]))
  if (event[i] && time[i] <= time[j]) return(-1)
  if (event[j] && time[j] <= time[i]) return(1)
  shared <- which(!is.na(change[i, ]) & !is.na(change[j, ]))
  if (length(shared) == 0) return(0)
  k <- max(shared)
  sign(change[i, k] - change[j, k])
}
taken <- system.time({
score <- numeric(n)
for (i in seq_len(n)) for (j in seq_len(n)) if (i != j) score[i] <- score[i] + against(i, j)
ranks <- rank(score)
})
cat(sprintf('{"base R, a loop over all pairs": %f}\n', 1000 * sum(taken[1:2])))
