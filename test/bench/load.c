// A server that answers byte for byte or swallows, and a client that counts answers or bytes: as little work per packet as there can be.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets.h"

static char buffer[1 << 17];

static double now(void) {
  return clock_of(CLOCK_MONOTONIC);
}

static double cpu(void) {
  return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

// An IPv4 address is one of IPv6 that begins with ::ffff:.
static struct sockaddr_in6 at(const char *address, int port) {
  struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  char mapped[64];
  snprintf(mapped, sizeof mapped, "%s%s", strchr(address, ':') ? "" : "::ffff:", address);
  if (inet_pton(AF_INET6, mapped, &to.sin6_addr) != 1) fail(address);
  return to;
}

// Client and server take turns on one processor, each as long as it has something to do: the same work in every run, whatever wakes whom.
static void take_turns(void) {
  struct sched_param none = {0};
  cpu_set_t all, last;
  if (sched_setscheduler(0, SCHED_BATCH, &none) < 0) fail("sched_setscheduler");
  if (sched_getaffinity(0, sizeof all, &all) < 0) fail("sched_getaffinity");
  int cpu = CPU_SETSIZE - 1;
  while (cpu > 0 && !CPU_ISSET(cpu, &all)) cpu--;
  CPU_ZERO(&last);
  CPU_SET(cpu, &last);
  if (sched_setaffinity(0, sizeof last, &last) < 0) fail("sched_setaffinity");
}

static void no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

// serve PORT: what begins with 'b' is swallowed, everything else is sent back.
static int serve(int port) {
  int listener = socket(AF_INET6, SOCK_STREAM, 0), one = 1, poll = epoll_create1(0);
  struct sockaddr_in6 any = at("::", port);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (void *)&any, sizeof any) < 0 || listen(listener, 1024) < 0) fail("listen");
  watch(poll, listener);
  struct epoll_event events[64];
  puts("ready");
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int peer = accept(listener, NULL, NULL);
        if (peer < 0) continue;
        no_delay(peer);
        watch(poll, peer);
        continue;
      }
      ssize_t length = recv(fd, buffer, sizeof buffer, 0);
      if (length <= 0) close(fd);
      else if (buffer[0] != 'b' && send(fd, buffer, length, MSG_NOSIGNAL) < 0) close(fd);
    }
  }
}

static int dial(const char *address, int port) {
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 to = at(address, port);
  struct timeval patience = {.tv_sec = 2};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, (void *)&to, sizeof to) < 0) fail("connect");
  no_delay(fd);
  return fd;
}

// ask ADDRESS PORT CONNECTIONS MILLISECONDS: answers per second, one byte each, on connections that stay; how many, and the processor's seconds.
static int ask(const char *address, int port, int connections, double seconds) {
  int poll = epoll_create1(0);
  for (int i = 0; i < connections; i++) {
    int fd = dial(address, port);
    watch(poll, fd);
    if (send(fd, "a", 1, 0) != 1) fail("send");
  }
  struct epoll_event events[64];
  double start = now(), end = start + seconds, used = cpu();
  long answers = 0;
  while (now() < end) {
    int count = epoll_wait(poll, events, 64, 100);
    for (int i = 0; i < count; i++) {
      if (recv(events[i].data.fd, buffer, sizeof buffer, 0) <= 0) fail("recv");
      answers++;
      if (send(events[i].data.fd, "a", 1, MSG_NOSIGNAL) != 1) fail("send");
    }
  }
  printf("%.0f %ld %.6f\n", answers / (now() - start), answers, cpu() - used);
  return 0;
}

// dial ADDRESS PORT MILLISECONDS: new connections with one answer, per second.
static int dials(const char *address, int port, double seconds) {
  double start = now(), end = start + seconds;
  long answers = 0;
  struct linger reset = {.l_onoff = 1};
  while (now() < end) {
    int fd = dial(address, port);
    if (send(fd, "a", 1, 0) != 1 || recv(fd, buffer, sizeof buffer, 0) != 1) fail("answer");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    answers++;
  }
  printf("%.0f\n", answers / (now() - start));
  return 0;
}

// push ADDRESS PORT MILLISECONDS: gigabits per second of one connection.
static int push(const char *address, int port, double seconds) {
  int fd = dial(address, port);
  memset(buffer, 'b', sizeof buffer);
  double start = now(), end = start + seconds;
  double bytes = 0;
  while (now() < end) {
    ssize_t sent = send(fd, buffer, sizeof buffer, MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes += sent;
  }
  printf("%.3f\n", bytes * 8 / (now() - start) / 1e9);
  return 0;
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  take_turns();
  if (count == 3 && !strcmp(words[1], "serve")) return serve(atoi(words[2]));
  if (count == 6 && !strcmp(words[1], "ask")) return ask(words[2], atoi(words[3]), atoi(words[4]), atoi(words[5]) / 1e3);
  if (count == 5 && !strcmp(words[1], "dial")) return dials(words[2], atoi(words[3]), atoi(words[4]) / 1e3);
  if (count == 5 && !strcmp(words[1], "push")) return push(words[2], atoi(words[3]), atoi(words[4]) / 1e3);
  fprintf(stderr, "usage: load serve PORT | ask ADDRESS PORT CONNECTIONS MS | dial ADDRESS PORT MS | push ADDRESS PORT MS\n");
  return 2;
}
