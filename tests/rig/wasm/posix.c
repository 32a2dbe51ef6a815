// What a program of POSIX expects of its files, for the tests of the worktime `wasm`: its first argument says which part.
// It prints one line for each expectation that does not hold, and the number of those that do.
// Built with Debian 12's clang-14, lld-14, wasi-libc and libclang-rt-14-dev-wasm32:
// clang --target=wasm32-wasi --sysroot=/usr -I/usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -Oz -Wl,--strip-all posix.c -o posix.wasm
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int held;

static void expect(const char *what, int holds) {
  if (holds) held++;
  else printf("not so: %s (errno %d)\n", what, errno);
}
#define EXPECT(c) expect(#c, (errno = 0, (c)))
#define FAILS(c, e) expect(#c " fails with " #e, (errno = 0, (c)) < 0 && errno == (e))

static const char *text_of(const char *path) {
  static char text[256];
  memset(text, 0, sizeof text);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return strerror(errno);
  read(fd, text, sizeof text - 1);
  close(fd);
  return text;
}

static int put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return -1;
  int written = write(fd, text, strlen(text));
  close(fd);
  return written;
}

static int same(const char *path, const char *text) { return strcmp(text_of(path), text) == 0; }

static void modes(void) {
  EXPECT(access("/home/pyodide/data.txt", R_OK) == 0);
  EXPECT(access("/home/pyodide", R_OK) == 0);
  EXPECT(put("/tmp/n", "new") == 3 && access("/tmp/n", R_OK | W_OK) == 0);
  FAILS(access("/tmp/none", R_OK), ENOENT);
  EXPECT(!isatty(0) && !isatty(1) && !isatty(2));
  FAILS(open("/home/pyodide/data.txt", O_RDWR), EROFS);
  FAILS(open("/home/pyodide/data.txt", O_WRONLY | O_APPEND), EROFS);
  FAILS(open("/home/pyodide/new.txt", O_WRONLY | O_CREAT, 0600), EROFS);
  FAILS(open("/home/pyodide", O_RDWR), EISDIR);
  int fd = open("/tmp/n", O_RDWR);
  EXPECT((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
  close(fd);
  fd = open("/tmp/n", O_RDONLY);
  EXPECT((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
  FAILS(write(fd, "x", 1), EBADF);
  close(fd);
  fd = open("/tmp/n", O_WRONLY);
  char one;
  FAILS(read(fd, &one, 1), EBADF);
  close(fd);
  FAILS(open("/tmp/n", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
  FAILS(close(99), EBADF);
}

static void appending(void) {
  put("/tmp/log", "one\n");
  int fd = open("/tmp/log", O_RDWR | O_APPEND);
  EXPECT((fcntl(fd, F_GETFL) & O_APPEND) != 0);
  lseek(fd, 0, SEEK_SET);
  write(fd, "two\n", 4);
  lseek(fd, 0, SEEK_SET);
  write(fd, "three\n", 6);
  close(fd);
  EXPECT(same("/tmp/log", "one\ntwo\nthree\n"));
}

static void sizes(void) {
  int fd = open("/tmp/size", O_RDWR | O_CREAT | O_TRUNC, 0600);
  EXPECT(pwrite(fd, "end", 3, 3000000) == 3);
  EXPECT(lseek(fd, 0, SEEK_END) == 3000003);
  char some[4] = {1, 1, 1, 1};
  EXPECT(pread(fd, some, 4, 1500000) == 4 && memcmp(some, "\0\0\0\0", 4) == 0);
  EXPECT(pread(fd, some, 4, 2999999) == 4 && memcmp(some, "\0end", 4) == 0);
  EXPECT(ftruncate(fd, 3000001) == 0 && ftruncate(fd, 3000003) == 0);
  EXPECT(pread(fd, some, 4, 2999999) == 4 && memcmp(some, "\0e\0\0", 4) == 0);
  EXPECT(posix_fallocate(fd, 3000000, 100) == 0 && lseek(fd, 0, SEEK_END) == 3000100);
  EXPECT(posix_fallocate(fd, 0, 10) == 0 && lseek(fd, 0, SEEK_END) == 3000100);
  FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
  FAILS(ftruncate(fd, (off_t)1 << 40), EFBIG);
  EXPECT(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_END) == 0);
  close(fd);
  EXPECT(put("/tmp/shared.txt", "copy") == 4 && same("/tmp/shared.txt", "copy"));
}

static void directories(void) {
  EXPECT(mkdir("/tmp/d", 0700) == 0);
  FAILS(mkdir("/tmp/d", 0700), EEXIST);
  FAILS(mkdir("/tmp/n", 0700), EEXIST);
  FAILS(mkdir("/home/pyodide/d", 0700), EROFS);
  FAILS(mkdir("/tmp/none/d", 0700), ENOENT);
  EXPECT(rename("/tmp/d", "/tmp/e/") == 0);
  EXPECT(put("/tmp/e/f", "f") == 1);
  FAILS(rename("/tmp/e", "/tmp/e/inside"), EINVAL);
  FAILS(rmdir("/tmp/e"), ENOTEMPTY);
  FAILS(rmdir("/tmp/e/f"), ENOTDIR);
  FAILS(unlink("/tmp/e"), EISDIR);
  FAILS(rename("/tmp/n", "/tmp/m/"), ENOTDIR);
  FAILS(rename("/tmp/n", "/tmp/e"), EISDIR);
  FAILS(rename("/tmp/e", "/tmp/n"), ENOTDIR);
  FAILS(rename("/home/pyodide/data.txt", "/tmp/stolen"), EROFS);
  FAILS(unlink("/home/pyodide/data.txt"), EROFS);
  FAILS(unlink("/tmp/none"), ENOENT);
  FAILS(open("/tmp/n/x", O_RDONLY), ENOTDIR);
  FAILS(open("/tmp/n/", O_RDONLY), ENOTDIR);
  EXPECT(rename("/tmp/e/f", "/tmp/n") == 0 && same("/tmp/n", "f"));
  EXPECT(rmdir("/tmp/e") == 0);
  FAILS(rmdir("/tmp"), EROFS);
  char name[300];
  memset(name, 'x', 299);
  name[299] = 0;
  memcpy(name, "/tmp/", 5);
  FAILS(open(name, O_RDWR | O_CREAT, 0600), ENAMETOOLONG);
}

static void links(void) {
  put("/tmp/n", "new");
  put("/tmp/other", "other");
  EXPECT(symlink("/tmp/n", "/tmp/s") == 0 && same("/tmp/s", "new"));
  EXPECT(symlink("n", "/tmp/relative") == 0 && same("/tmp/relative", "new"));
  FAILS(symlink("/tmp/n", "/tmp/other"), EEXIST);
  struct stat it, target;
  EXPECT(lstat("/tmp/s", &it) == 0 && S_ISLNK(it.st_mode) && it.st_size == 6);
  EXPECT(stat("/tmp/s", &it) == 0 && S_ISREG(it.st_mode));
  char text[16] = {0};
  EXPECT(readlink("/tmp/s", text, 15) == 6 && strcmp(text, "/tmp/n") == 0);
  FAILS(readlink("/tmp/n", text, 15), EINVAL);
  FAILS(open("/tmp/s", O_RDONLY | O_NOFOLLOW), ELOOP);
  symlink("/tmp/loop", "/tmp/loop");
  FAILS(open("/tmp/loop", O_RDONLY), ELOOP);
  EXPECT(symlink("/tmp/made", "/tmp/dangling") == 0 && put("/tmp/dangling", "x") == 1 && same("/tmp/made", "x"));
  FAILS(link("/tmp/n", "/tmp/other"), EEXIST);
  EXPECT(link("/tmp/n", "/tmp/hard") == 0 && put("/tmp/hard", "both") == 4 && same("/tmp/n", "both"));
  EXPECT(stat("/tmp/n", &it) == 0 && stat("/tmp/hard", &target) == 0 && it.st_ino == target.st_ino && it.st_nlink == 2);
  FAILS(link("/home/pyodide/data.txt", "/tmp/linked"), EXDEV);
  EXPECT(unlink("/tmp/n") == 0 && same("/tmp/hard", "both"));
}

static void times(void) {
  struct stat it;
  EXPECT(stat("/home/pyodide/data.txt", &it) == 0 && it.st_mtime > 1700000000);
  put("/tmp/t", "t");
  EXPECT(stat("/tmp/t", &it) == 0 && it.st_mtime > 1700000000 && it.st_ctime > 1700000000);
  struct timespec at[2] = {{1000, 5}, {2000, 7}};
  EXPECT(utimensat(AT_FDCWD, "/tmp/t", at, 0) == 0 && stat("/tmp/t", &it) == 0);
  EXPECT(it.st_atim.tv_sec == 1000 && it.st_atim.tv_nsec == 5 && it.st_mtim.tv_sec == 2000 && it.st_mtim.tv_nsec == 7);
  int fd = open("/tmp/t", O_RDWR);
  EXPECT(write(fd, "x", 1) == 1 && fstat(fd, &it) == 0 && it.st_mtime > 1700000000);
  EXPECT(futimens(fd, at) == 0 && fstat(fd, &it) == 0 && it.st_mtime == 2000);
  close(fd);
  FAILS(utimensat(AT_FDCWD, "/home/pyodide/data.txt", at, 0), EROFS);
}

static void devices(void) {
  EXPECT(put("/dev/null", "gone") == 4 && same("/dev/null", ""));
  char random[8] = {0}, zeros[8] = {1};
  int fd = open("/dev/urandom", O_RDONLY);
  EXPECT(fd >= 0 && read(fd, random, 8) == 8 && memcmp(random, "\0\0\0\0\0\0\0\0", 8) != 0 && !isatty(fd));
  close(fd);
  fd = open("/dev/zero", O_RDONLY);
  EXPECT(fd >= 0 && read(fd, zeros, 8) == 8 && memcmp(zeros, "\0\0\0\0\0\0\0\0", 8) == 0);
  close(fd);
  EXPECT(strncmp(text_of("/dev/stdin"), "the datum", 9) == 0);
  EXPECT(put("/dev/stdout", "to the output\n") == 14);
  EXPECT(put("/dev/stderr", "to the errors\n") == 14);
}

static int seen;
static int count(const char *path, const struct stat *it, int type, struct FTW *at) {
  if (strstr(path, "data.txt") != NULL) seen++;
  return 0;
}

static void paths(void) {
  char directory[64];
  EXPECT(same("data.txt", "data") && same("./data.txt", "data"));
  EXPECT(same("tmp/x", "tmp in the directory") && same("etc/x", "etc in the directory"));
  EXPECT(same("../../srv/o", "other"));
  EXPECT(same("/tmp/job.txt", "in tmp"));
  EXPECT(getenv("PWD") == NULL && strcmp(getcwd(directory, 64), "/") == 0);
  EXPECT(nftw("/", count, 8, FTW_PHYS) == 0 && seen == 1);
  EXPECT(chdir("/home/pyodide") == 0 && strcmp(getcwd(directory, 64), "/home/pyodide") == 0);
  EXPECT(same("tmp/x", "tmp in the directory"));
  EXPECT(put("/tmp/x", "mine") == 4 && same("tmp/x", "tmp in the directory") && same("/tmp/x", "mine"));
  EXPECT(mkdir("/tmp/work", 0700) == 0 && chdir("/tmp/work") == 0 && put("here", "h") == 1 && same("/tmp/work/here", "h"));
}

// Many entries in one directory, each seen once; then all of them removed while they are listed.
static void entries(int wanted) {
  char name[32];
  mkdir("/tmp/many", 0700);
  for (int i = 0; i < wanted; i++) {
    sprintf(name, "/tmp/many/%d", i);
    put(name, "");
  }
  DIR *all = opendir("/tmp/many");
  int found = 0;
  for (struct dirent *one; (one = readdir(all)) != NULL;) found += one->d_name[0] != '.';
  EXPECT(found == wanted);
  rewinddir(all);
  for (struct dirent *one; (one = readdir(all)) != NULL;) {
    if (one->d_name[0] == '.') continue;
    sprintf(name, "/tmp/many/%s", one->d_name);
    unlink(name);
  }
  closedir(all);
  EXPECT(rmdir("/tmp/many") == 0);
}

// A file of so many MiB, by writes of 100 bytes.
static void large(int mib) {
  char line[101];
  memset(line, 'x', 100);
  line[99] = '\n';
  FILE *file = fopen("/tmp/large", "w");
  setvbuf(file, NULL, _IONBF, 0);
  int lines = mib * 10486;
  for (int i = 0; i < lines; i++)
    if (fwrite(line, 1, 100, file) != 100) break;
  EXPECT(ftell(file) == lines * 100L);
  fclose(file);
  struct stat it;
  EXPECT(stat("/tmp/large", &it) == 0 && it.st_size == lines * 100L);
  file = fopen("/tmp/large", "r");
  fseek(file, (lines - 1) * 100L, SEEK_SET);
  char last[101] = {0};
  EXPECT(fread(last, 1, 100, file) == 100 && memcmp(last, line, 100) == 0);
  fclose(file);
}

int main(int argc, char **argv) {
  const char *part = argc > 1 ? argv[1] : "";
  int number = argc > 2 ? atoi(argv[2]) : 0;
  if (strcmp(part, "files") == 0) {
    modes();
    appending();
    sizes();
    directories();
    links();
    times();
  } else if (strcmp(part, "devices") == 0) devices();
  else if (strcmp(part, "paths") == 0) paths();
  else if (strcmp(part, "entries") == 0) entries(number);
  else if (strcmp(part, "large") == 0) large(number);
  else if (strcmp(part, "result") == 0) {
    // A result in a file, and words for people.
    printf("working\n");
    if (number > 0) put("/tmp/result", "the result");
    return argc > 3 ? atoi(argv[3]) : 0;
  } else if (strcmp(part, "memory") == 0) {
    // So many MiB of memory in use, then a word.
    volatile char *some = malloc((size_t)number << 20);
    if (some == NULL) return 9;
    some[((size_t)number << 20) - 1] = 1;
    printf("holding %d MiB\n", number);
    return 0;
  } else if (strcmp(part, "exit") == 0) {
    printf("what was found so far\n");
    fprintf(stderr, "going to exit\n");
    return number;
  }
  printf("%d\n", held);
  return 0;
}
