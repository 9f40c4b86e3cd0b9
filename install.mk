# install.mk - install, uninstall, the source archive, the Python package.
#
#   make install            PREFIX=/usr/local BINDIR= LIBDIR= INCLUDEDIR= MANDIR= DESTDIR=
#   make uninstall          removes what make install, with the same variables, has installed
#   make dist               build/modelassay-VERSION.tar.gz of the last commit
#   make wheel              build/wheel/*.whl, the Python package with the library in it
#   make install-python     the same package in PYDIR, where PYTHON finds it
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
BASHDIR    ?= $(DATADIR)/bash-completion/completions
ZSHDIR     ?= $(DATADIR)/zsh/site-functions
FISHDIR    ?= $(DATADIR)/fish/vendor_completions.d
UNITDIR    ?= $(PREFIX)/lib/systemd/system
INSTALL    ?= install

# One line an installed file: MODE:SOURCE:DESTINATION.
SONAME := libmodelassay.so.0
REALSO := libmodelassay.so.$(VERSION)
pages   = $(foreach f,$(wildcard docs/man/*.$1),644:$f:$(MANDIR)/man$1/$(notdir $f))
INSTALLED = 755:$B/modelassay:$(BINDIR)/modelassay \
            755:$B/modelassay-serve:$(BINDIR)/modelassay-serve \
            644:$B/libmodelassay.a:$(LIBDIR)/libmodelassay.a \
            755:$B/$(SONAME):$(LIBDIR)/$(REALSO) \
            644:$B/modelassay.pc:$(LIBDIR)/pkgconfig/modelassay.pc \
            644:scanner/modelassay.h:$(INCLUDEDIR)/modelassay.h \
            644:$B/modelassay-serve.service:$(UNITDIR)/modelassay-serve.service \
            644:docs/completions/modelassay.bash:$(BASHDIR)/modelassay \
            644:docs/completions/_modelassay:$(ZSHDIR)/_modelassay \
            644:docs/completions/modelassay.fish:$(FISHDIR)/modelassay.fish \
            $(call pages,1) $(call pages,3)
# Symbolic links: TARGET:DESTINATION.
LINKED = $(REALSO):$(LIBDIR)/$(SONAME) $(SONAME):$(LIBDIR)/libmodelassay.so

# Both are filled in by each install, since their folders are those of the install.
in_prefix = $(patsubst $(PREFIX)/%,$${prefix}/%,$1)
PC_VALUES = -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(call in_prefix,$(LIBDIR))|' \
            -e 's|@INCLUDEDIR@|$(call in_prefix,$(INCLUDEDIR))|' -e 's|@VERSION@|$(VERSION)|' \
            -e 's|@REQUIRES@|$(PKGS)|' -e 's|@LIBS@|$(BARE)|'
$B/modelassay.pc: modelassay.pc.in force
	@mkdir -p $(@D)
	@sed $(PC_VALUES) $< > $@
$B/modelassay-serve.service: docs/modelassay-serve.service force
	@mkdir -p $(@D)
	@sed 's|/usr/local/bin/|$(BINDIR)/|' $< > $@

install: all $B/modelassay.pc $B/modelassay-serve.service
	@set -e; for entry in $(INSTALLED); do \
	  mode=$${entry%%:*}; rest=$${entry#*:}; to="$(DESTDIR)$${rest#*:}"; \
	  $(INSTALL) -D -m $$mode "$${rest%%:*}" "$$to"; echo "  INSTALL $$to"; \
	done; for entry in $(LINKED); do \
	  to="$(DESTDIR)$${entry#*:}"; ln -sf "$${entry%%:*}" "$$to"; echo "  LINK    $$to"; \
	done
uninstall:
	@for entry in $(LINKED) $(INSTALLED); do \
	  to="$(DESTDIR)$${entry##*:}"; rm -f "$$to"; echo "  RM      $$to"; \
	done

# The same commit gives the same bytes: git archive takes order, owner and time from the commit.
DIST := modelassay-$(VERSION)
dist:
	@mkdir -p $B
	@git -c tar.umask=0022 archive --format=tar --prefix=$(DIST)/ HEAD > $B/$(DIST).tar
	@gzip -9nf $B/$(DIST).tar
	@echo "  DIST    $B/$(DIST).tar.gz"

PYDIR  ?= $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
WHEELS ?= $B/wheel
PY_SRC  = $(wildcard scanner/python/modelassay/*.py) scanner/python/modelassay/py.typed $B/$(SONAME)
install-python: $B/$(SONAME)
	$(INSTALL) -d "$(DESTDIR)$(PYDIR)/modelassay"
	$(INSTALL) -m 644 $(PY_SRC) "$(DESTDIR)$(PYDIR)/modelassay/"
wheel: $B/$(SONAME)
	@rm -rf $B/python && mkdir -p $B/python $(WHEELS) && cp -r scanner/python/. $B/python/
	@$(INSTALL) -m 644 $B/$(SONAME) $B/python/modelassay/
	$(PYTHON) -m pip wheel -q --no-index --no-build-isolation --no-deps -w $(WHEELS) $B/python
.PHONY: dist install install-python uninstall wheel
