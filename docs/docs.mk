# docs.mk - the documents that are made from the program.
#
#   make docs           docs/LIMITS.md, FACTS.md, GAPS.md, RULES.md, man pages and completions
docs: all
	@python3 docs/make_docs.py $B/modelassay docs
	@python3 docs/make_man.py $B/modelassay scanner/modelassay.h docs/man
	@python3 docs/make_completions.py $B/modelassay docs/completions
.PHONY: docs
