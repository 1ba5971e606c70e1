# What R reads in the transport files: Rscript read.R data read_by_r.json
library(foreign)
library(haven)
library(jsonlite)
args <- commandArgs(trailingOnly = TRUE)
plain <- function(table) lapply(as.list(table), function(cells) {
  if (is.factor(cells)) cells <- as.character(cells)
  attributes(cells) <- NULL
  if (is.character(cells)) { Encoding(cells) <- "UTF-8"; cells[is.na(cells)] <- ""; cells <- sub(" +$", "", cells) }
  if (is.numeric(cells)) cells <- ifelse(is.na(cells), NA, sprintf("%.17g", cells))
  as.list(cells)
})
files <- list.files(args[1], pattern = "\\.xpt$", full.names = TRUE)
out <- lapply(files, function(file) {
  by_haven <- read_xpt(file)
  list(file = basename(file), name = names(lookup.xport(file)), rows = nrow(by_haven),
       labels = lapply(as.list(by_haven), function(cells) { label <- attr(cells, "label"); if (is.null(label)) "" else label }),
       haven = plain(by_haven), foreign = plain(read.xport(file)))
})
writeLines(toJSON(out, auto_unbox = TRUE, na = "null", null = "null", pretty = FALSE), args[2])
writeLines(c(R.version.string, sapply(c("foreign", "haven", "jsonlite"), function(name) paste(name, packageVersion(name)))),
           file.path(dirname(args[2]), "session.txt"))
