# gls of nlme on trials of ours, for the structures that it has; emmeans of one of them; Kenward-Roger of pbkrtest for
# compound symmetry, which a random intercept is. Baseline: month 0; visits after it.
# Rscript structures.R ../../mixed-models/data ../structures.json
suppressMessages({library(nlme); library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(jsonlite)})
args <- commandArgs(TRUE)
read <- function(name) {
  d <- read.csv(file.path(args[1], paste0(name, "_long.csv")))
  b <- d[d$time == 0, c("id", "y")]; names(b)[2] <- "base"
  d <- merge(d[d$time > 0, ], b, by = "id"); d <- d[order(d$id, d$time), ]
  d$base <- d$base - 36; d$visit <- factor(d$time); d$order <- as.integer(d$visit); d$id <- factor(d$id)
  # Covariates that any program can make again: a number and a factor with three levels.
  i <- as.integer(as.character(d$id)); d$age <- 40 + (7 * i) %% 30; d$site <- factor(c("a", "b", "c")[1 + i %% 3]); d
}
control <- glsControl(tolerance = 1e-12, msTol = 1e-15, maxIter = 500, msMaxIter = 5000, opt = "nlminb")
fits <- list(
  unstructured = list(corSymm(form = ~ order | id), varIdent(form = ~ 1 | visit)),
  compound_symmetry = list(corCompSymm(form = ~ 1 | id), NULL),
  heterogeneous_compound_symmetry = list(corCompSymm(form = ~ 1 | id), varIdent(form = ~ 1 | visit)),
  autoregressive = list(corAR1(form = ~ order | id), NULL),
  heterogeneous_autoregressive = list(corAR1(form = ~ order | id), varIdent(form = ~ 1 | visit)))
model <- y ~ 0 + visit + visit:arm + visit:base
res <- list()
for (name in c("e02_small", "e04_heavy_missing", "w1_03")) {
  d <- read(name)
  for (s in names(fits)) {
    if (name != "e02_small" && s == "unstructured") next  # takes gls minutes
    m <- gls(model, data = d, correlation = fits[[s]][[1]], weights = fits[[s]][[2]], control = control)
    res[[length(res) + 1]] <- list(kind = "gls", dataset = name, structure = s, reml_ll = as.numeric(logLik(m)), names = names(coef(m)),
      beta = as.numeric(coef(m)), se = as.numeric(sqrt(diag(vcov(m)))))
  }
}
d <- read("e02_small")
m <- gls(update(model, . ~ . + age + site), data = d, correlation = corAR1(form = ~ order | id),
         weights = varIdent(form = ~ 1 | visit), control = control)
people <- d[!duplicated(d$id), ]
g <- emmeans(m, ~ arm | visit, at = list(arm = c(0, 1), base = mean(people$base), age = mean(people$age)),
             weights = "equal", mode = "asymptotic")
res[[length(res) + 1]] <- list(kind = "emmeans", dataset = "e02_small", structure = "heterogeneous_autoregressive",
  means = as.data.frame(g)[, c("arm", "visit", "emmean", "SE")],
  differences = as.data.frame(pairs(g, reverse = TRUE))[, c("visit", "estimate", "SE")])
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, xtol_abs = 1e-11))
for (name in c("e02_small", "e04_heavy_missing")) {
  d <- read(name)
  m <- lmer(update(model, . ~ . + (1 | id)), data = d, REML = TRUE, control = tight)
  s <- coef(summary(m, ddf = "Satterthwaite")); k <- coef(summary(m, ddf = "Kenward-Roger"))
  res[[length(res) + 1]] <- list(kind = "lmer", dataset = name, structure = "compound_symmetry",
    reml_ll = as.numeric(logLik(m)), names = rownames(s), beta = s[, 1], se = s[, 2], df = s[, 3], kr_se = k[, 2], kr_df = k[, 3])
}
write(toJSON(res, auto_unbox = TRUE, digits = 15, dataframe = "rows"), args[2])
writeLines(capture.output(sessionInfo()), sub("json$", "session.txt", args[2]))
