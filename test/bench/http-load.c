// A server that answers every request of HTTP/1.1 alike, and a client that asks on connections that stay: as little work as there can be.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets.h"

#define MOST 1024

static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
static char buffer[1 << 16];

static struct sockaddr_in at(const char *address, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) fail(address);
  return to;
}

static void no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

// serve ADDRESS: says its port. Requests without body that come whole, as those of a proxy to us do.
static int serve(const char *address) {
  int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
  struct sockaddr_in any = at(address, 0);
  socklen_t size = sizeof any;
  if (bind(listener, (void *)&any, sizeof any) < 0 || listen(listener, MOST) < 0) fail("listen");
  getsockname(listener, (void *)&any, &size);
  watch(poll, listener);
  struct epoll_event events[64];
  printf("%d\n", ntohs(any.sin_port));
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
      else if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) close(fd);
    }
  }
}

// ask ADDRESS PORT CONNECTIONS MILLISECONDS HOSTS: of h0.test to h(HOSTS-1).test in turn; answers per second, how many, the processor's seconds.
static int ask(const char *address, int port, int connections, double seconds, int hosts) {
  static char is_open[MOST];
  int poll = epoll_create1(0), next = 0;
  struct sockaddr_in to = at(address, port);
  for (int i = 0; i < connections; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= MOST || connect(fd, (void *)&to, sizeof to) < 0) fail("connect");
    no_delay(fd);
    watch(poll, fd);
    is_open[fd] = 1;
  }
  struct epoll_event events[64];
  char request[256];
  double start = clock_of(CLOCK_MONOTONIC), end = start + seconds, used = clock_of(CLOCK_PROCESS_CPUTIME_ID);
  long answers = 0;
  for (int i = 3; i < MOST; i++) {
    if (!is_open[i]) continue;
    int length = snprintf(request, sizeof request, "GET /item HTTP/1.1\r\nhost: h%d.test\r\naccept: */*\r\n\r\n", next++ % hosts);
    if (send(i, request, length, 0) != length) fail("send");
  }
  while (clock_of(CLOCK_MONOTONIC) < end) {
    int count = epoll_wait(poll, events, 64, 100);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      ssize_t got = recv(fd, buffer, sizeof buffer - 1, 0);
      if (got <= 0) fail("recv");
      buffer[got] = 0;
      if (strncmp(buffer, "HTTP/1.1 200", 12)) {
        fprintf(stderr, "%s\n", buffer);
        return 1;
      }
      answers++;
      int length = snprintf(request, sizeof request, "GET /item HTTP/1.1\r\nhost: h%d.test\r\naccept: */*\r\n\r\n", next++ % hosts);
      if (send(fd, request, length, MSG_NOSIGNAL) != length) fail("send");
    }
  }
  printf("%.0f %ld %.6f\n", answers / (clock_of(CLOCK_MONOTONIC) - start), answers, clock_of(CLOCK_PROCESS_CPUTIME_ID) - used);
  return 0;
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  if (count == 3 && !strcmp(words[1], "serve")) return serve(words[2]);
  if (count == 7 && !strcmp(words[1], "ask"))
    return ask(words[2], atoi(words[3]), atoi(words[4]), atoi(words[5]) / 1e3, atoi(words[6]));
  fprintf(stderr, "usage: http-load serve ADDRESS | ask ADDRESS PORT CONNECTIONS MS HOSTS\n");
  return 2;
}
