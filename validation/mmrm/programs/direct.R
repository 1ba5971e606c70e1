# Minus twice the REML log-likelihood written down as it stands in a textbook, one participant after another, and given
# to optim: an independent, slow program for every structure. Baseline: month 0; visits after it.
# Rscript direct.R ../../mixed-models/data ../direct.json
suppressMessages(library(jsonlite))
args <- commandArgs(TRUE)
read <- function(name) {
  d <- read.csv(file.path(args[1], paste0(name, "_long.csv")))
  b <- d[d$time == 0, c("id", "y")]; names(b)[2] <- "base"
  d <- merge(d[d$time > 0, ], b, by = "id"); d <- d[order(d$id, d$time), ]
  d$base <- d$base - 36; d$visit <- factor(d$time); d$order <- as.integer(d$visit); d
}
rho <- function(t) t / sqrt(1 + t^2)
lag <- function(m) abs(outer(1:m, 1:m, "-"))
correlation <- list(
  compound_symmetry = function(t, m) { r <- matrix(rho(t), m, m); diag(r) <- 1; r },
  autoregressive = function(t, m) rho(t)^lag(m),
  toeplitz = function(t, m) matrix(c(1, rho(t))[lag(m) + 1], m, m),
  ante_dependence = function(t, m) { r <- diag(m); n <- rho(t)
    for (a in 1:(m - 1)) for (b in (a + 1):m) r[a, b] <- r[b, a] <- prod(n[a:(b - 1)]); r })
size <- list(compound_symmetry = function(m) 1, autoregressive = function(m) 1, toeplitz = function(m) m - 1,
             ante_dependence = function(m) m - 1)
pieces <- function(sigma, d, x) {
  p <- ncol(x); a <- matrix(0, p, p); b <- numeric(p); value <- 0
  by <- split(seq_len(nrow(d)), d$id)
  solved <- lapply(by, function(i) solve(sigma[d$order[i], d$order[i], drop = FALSE]))
  for (k in seq_along(by)) { i <- by[[k]]; w <- solved[[k]]; xi <- x[i, , drop = FALSE]
    a <- a + t(xi) %*% w %*% xi; b <- b + t(xi) %*% w %*% d$y[i]; value <- value - as.numeric(determinant(w)$modulus) }
  beta <- solve(a, b); r <- d$y - as.numeric(x %*% beta)
  for (k in seq_along(by)) { i <- by[[k]]; value <- value + as.numeric(t(r[i]) %*% solved[[k]] %*% r[i]) }
  list(value = value + as.numeric(determinant(a)$modulus) + (nrow(d) - p) * log(2 * pi), beta = as.numeric(beta), c = solve(a))
}
res <- list()
for (name in c("e02_small", "e04_heavy_missing")) {
  d <- read(name); m <- nlevels(d$visit); x <- model.matrix(y ~ 0 + visit + visit:arm + visit:base, d)
  for (s in names(correlation)) for (het in c(FALSE, TRUE)) {
    h <- if (het) m else 1
    sigma <- function(theta) { sd <- exp(rep(theta[1:h], length.out = m)); outer(sd, sd) * correlation[[s]](theta[-(1:h)], m) }
    f <- function(theta) { v <- sigma(theta)
      if (!all(is.finite(v)) || min(eigen(v, TRUE, TRUE)$values) < 1e-6 * max(v)) return(1e10)
      tryCatch(pieces(v, d, x)$value, error = function(e) 1e10) }
    theta <- c(rep(1, h), rep(if (s == "toeplitz") 0.3 else 1, size[[s]](m)))
    for (round in 1:4) theta <- optim(theta, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 500))$par
    # optim's differences leave 1e-6 in theta: Newton steps from wider, central differences finish.
    for (round in 1:3) {
      e <- 1e-4; k <- length(theta); at <- function(i, j, a, b) { t <- theta; t[i] <- t[i] + a; t[j] <- t[j] + b; f(t) }
      g <- sapply(1:k, function(i) (at(i, i, e, 0) - at(i, i, -e, 0)) / (2 * e))
      hess <- outer(1:k, 1:k, Vectorize(function(i, j)
        if (i == j) (at(i, i, e, 0) - 2 * f(theta) + at(i, i, -e, 0)) / e^2
        else (at(i, j, e, e) - at(i, j, e, -e) - at(i, j, -e, e) + at(i, j, -e, -e)) / (4 * e^2)))
      theta <- theta - solve(hess, g)
    }
    fit <- pieces(sigma(theta), d, x)
    res[[length(res) + 1]] <- list(dataset = name, structure = paste0(if (het) "heterogeneous_" else "", s),
      reml_ll = -fit$value / 2, names = colnames(x), beta = fit$beta, se = sqrt(diag(fit$c)), theta = theta, sigma = sigma(theta))
    cat(name, s, het, format(-fit$value / 2, digits = 12), max(abs(g)), "\n")
    write(toJSON(res, auto_unbox = TRUE, digits = 15), args[2])
  }
}
