# lint.mk - static analysis.
#
#   make lint               WITH="gcc cppcheck tidy": some minutes
lint:
	@tests/lint/lint.sh $(WITH)
.PHONY: lint
