# Fisher's exact test of two proportions with base R.
# Usage: Rscript fisher.R FOLDER   (writes fisher.csv and the version in session.txt there)
args <- commandArgs(TRUE); folder <- args[1]
tables <- rbind(expand.grid(events = c(0, 1, 3, 8), n = 8, reference_events = c(0, 2, 5, 9), reference_n = 9),
  data.frame(events = c(10, 20, 1, 0, 3, 45, 7, 2), n = c(15, 33, 1, 5, 100, 120, 12, 2),
    reference_events = c(3, 9, 0, 31, 12, 60, 7, 0), reference_n = c(15, 31, 1, 31, 90, 118, 12, 200)))
tables$p <- mapply(function(a, n, b, m) fisher.test(matrix(c(a, n - a, b, m - b), 2))$p.value,
  tables$events, tables$n, tables$reference_events, tables$reference_n)
write.csv(format(tables, digits = 16, trim = TRUE), file.path(folder, "fisher.csv"), row.names = FALSE, quote = FALSE)
writeLines(R.version.string, file.path(folder, "session.txt"))
