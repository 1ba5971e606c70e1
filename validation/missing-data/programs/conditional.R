# The conditional normal of what a participant of the treated arm lacks, given means and covariances, under each
# assumption of Carpenter, Roger & Kenward (2013), from their joint distribution: written in base R, apart from leadin.
# Rscript programs/conditional.R data/parameters.json conditional.json      (needs jsonlite)
library(jsonlite)
args <- commandArgs(TRUE)
given <- fromJSON(args[1], simplifyDataFrame = FALSE)
mu <- given$means; p <- ncol(mu)
sigma <- lapply(1:2, function(i) given$covariances[i, , ])
lead <- given$lead

# The profile of an arm at a given baseline, by regression on it.
at_baseline <- function(m, v, b) { m + v[, lead] / v[lead, lead] * (b - m[lead]) }

joint <- function(kind, last, common) {
  S <- if (common) list(sigma[[1]], sigma[[1]]) else sigma
  R <- S[[1]]; A <- S[[2]]
  b <- mean(mu[, lead])
  r <- at_baseline(mu[1, ], R, b); a <- at_baseline(mu[2, ], A, b)
  pre <- seq_len(last); post <- setdiff(seq_len(p), pre)
  if (kind == "missing_at_random" || length(post) == 0) return(list(m = mu[2, ], v = A))
  m <- a
  m[post] <- switch(kind, jump_to_reference = r[post], copy_reference = r[post],
                    copy_increments = a[last] + r[post] - r[last])
  # Their section 3: the covariance that keeps the treated arm's up to the last visit and the reference's regressions
  # after it.
  K <- R[post, pre, drop = FALSE] %*% solve(R[pre, pre])
  if (kind == "copy_reference") m[pre] <- r[pre] else {
    # Up to the last visit a participant is one of his own arm, at its own mean baseline; the mean after it moves along.
    m[post] <- m[post] + K %*% (mu[2, pre] - a[pre])
    m[pre] <- mu[2, pre]
  }
  v <- matrix(0, p, p)
  v[pre, pre] <- A[pre, pre]
  v[post, pre] <- K %*% A[pre, pre]
  v[pre, post] <- t(v[post, pre])
  v[post, post] <- R[post, post] - K %*% (R[pre, pre] - A[pre, pre]) %*% t(K)
  list(m = m, v = v)
}

out <- list()
for (common in c(TRUE, FALSE)) for (kind in c("missing_at_random", "jump_to_reference", "copy_increments", "copy_reference")) {
  for (k in seq_along(given$people)) {
    person <- given$people[[k]]
    y <- sapply(person$values, function(x) if (is.null(x)) NA else as.numeric(x))
    hole <- which(is.na(y)); seen <- which(!is.na(y))
    between <- hole[hole <= person$last]
    if (length(hole) == 0) next
    # Copy reference moves the means before the last visit too; what is missing there is at random in the own arm, so
    # only participants without such gaps are asked about.
    if (kind == "copy_reference" && length(between) > 0) next
    j <- joint(kind, person$last, common)
    B <- j$v[hole, seen, drop = FALSE] %*% solve(j$v[seen, seen, drop = FALSE])
    out[[length(out) + 1]] <- list(
      person = k - 1, common = common, assumption = kind, missing = I(hole - 1),
      mean = I(as.numeric(j$m[hole] + B %*% (y[seen] - j$m[seen]))),
      covariance = j$v[hole, hole, drop = FALSE] - B %*% j$v[seen, hole, drop = FALSE])
  }
}
write(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = FALSE), args[2])
