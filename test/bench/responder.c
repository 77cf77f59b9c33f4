/*
 * What the arp benchmark compares with: a minimal responder, and a client that measures any responder. One program in two parts:
 *   responder answer INTERFACE                          answers every ARP request for 10.201.x.y, for ever
 *   responder ask INTERFACE COUNT ADDRESSES FIRST       asks one after the other and prints each round trip in nanoseconds
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct arp {
  uint8_t to[6], from[6];
  uint16_t type, hardware, protocol;
  uint8_t hardware_length, protocol_length;
  uint16_t operation;
  uint8_t sender_mac[6], sender_ip[4], target_mac[6], target_ip[4];
} __attribute__((packed));

static uint8_t own[6];

static int open_on(const char *name) {
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ARP));
  struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = if_nametoindex(name)};
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (fd < 0 || bind(fd, (struct sockaddr *)&place, sizeof place) || ioctl(fd, SIOCGIFHWADDR, &request)) {
    perror(name);
    exit(1);
  }
  memcpy(own, request.ifr_hwaddr.sa_data, 6);
  return fd;
}

static void answer(int fd) {
  struct arp frame;
  for (;;) {
    ssize_t length = recv(fd, &frame, sizeof frame, 0);
    if (length < (ssize_t)sizeof frame || ntohs(frame.operation) != 1) continue;
    if (frame.target_ip[0] != 10 || frame.target_ip[1] != 201 || !memcmp(frame.sender_mac, own, 6)) continue;
    uint8_t asked[4];
    memcpy(asked, frame.target_ip, 4);
    memcpy(frame.to, frame.sender_mac, 6);
    memcpy(frame.from, own, 6);
    memcpy(frame.target_mac, frame.sender_mac, 6);
    memcpy(frame.target_ip, frame.sender_ip, 4);
    memcpy(frame.sender_mac, own, 6);
    memcpy(frame.sender_ip, asked, 4);
    frame.operation = htons(2);
    send(fd, &frame, sizeof frame, 0);
  }
}

static void ask(int fd, int count, uint32_t addresses, uint32_t first) {
  struct timeval patience = {.tv_sec = 1};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  uint32_t state = 1;
  for (int i = 0; i < count; i++) {
    state = state * 1664525 + 1013904223;
    uint32_t target = htonl(first + (state >> 8) % addresses);
    struct arp frame = {.type = htons(ETH_P_ARP), .hardware = htons(1), .protocol = htons(ETH_P_IP),
                        .hardware_length = 6, .protocol_length = 4, .operation = htons(1), .sender_ip = {10, 200, 99, 99}};
    memset(frame.to, 0xff, 6);
    memcpy(frame.from, own, 6);
    memcpy(frame.sender_mac, own, 6);
    memcpy(frame.target_ip, &target, 4);
    struct timespec begun, ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    send(fd, &frame, sizeof frame, 0);
    for (;;) {
      struct arp seen;
      if (recv(fd, &seen, sizeof seen, 0) < (ssize_t)sizeof seen) {
        puts("lost");
        break;
      }
      if (ntohs(seen.operation) != 2 || memcmp(seen.sender_ip, &target, 4) || memcmp(seen.to, own, 6)) continue;
      clock_gettime(CLOCK_MONOTONIC, &ended);
      printf("%lld\n", (ended.tv_sec - begun.tv_sec) * 1000000000LL + ended.tv_nsec - begun.tv_nsec);
      break;
    }
    usleep(100);
  }
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "answer")) answer(open_on(argv[2]));
  else if (argc == 6 && !strcmp(argv[1], "ask"))
    ask(open_on(argv[2]), atoi(argv[3]), strtoul(argv[4], 0, 10), strtoul(argv[5], 0, 10));
  else return 2;
}
