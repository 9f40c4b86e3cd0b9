build-asan/scanner/run/walk.o: scanner/run/walk.c scanner/run/walk.h
scanner/run/walk.h:
