build-asan/scanner/run/pass.o: scanner/run/pass.c scanner/run/pass.h
scanner/run/pass.h:
