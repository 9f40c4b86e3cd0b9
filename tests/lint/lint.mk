# lint.mk - static analysis: make lint [WITH="gcc cppcheck tidy"]; some minutes.
lint:
	@tests/deps.sh build lint
	@BUILD=$B tests/lint/lint.sh $(WITH)
.PHONY: lint
