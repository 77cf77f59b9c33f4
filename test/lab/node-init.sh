# Process 1 of a node: gives it a name and folders of its own, then takes in orphans until it is killed, and all of the node with it.
# sh node-init.sh NAME FOLDER; FOLDER/ready appears when the node can be entered.
set -eu
name=$1 dir=$2
hostname "$name"
# The namespaces of this machine's other nodes must be able to go while this node lives.
umount -R -l /run/netns 2>/dev/null || true
mount -t tmpfs -o mode=755 tmpfs /run

# /sys shows the interfaces of the node, with the machine's control groups in their place.
mkdir /run/cgroup
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
umount -R -l /run/cgroup

mkdir -p "$dir/kubelet" "$dir/cni" "$dir/log" "$dir/containerd"
mount --bind "$dir/kubelet" /var/lib/kubelet
mount --bind "$dir/cni" /var/lib/cni
mount --bind "$dir/log" /var/log
if [ -d "$dir/network" ]; then mkdir /run/cni && cp "$dir"/network/* /run/cni/; fi
# Layers of containers cannot lie on an overlay, which is what the root of a container is.
if [ "$(stat -f -c %T "$dir")" = overlayfs ]; then mount -t tmpfs tmpfs "$dir/containerd"; fi

# The kubelet insists on some settings of the kernel. It finds them in files, so that the machine's own stay what they are.
pretend() {
  [ -e "/proc/sys/$1" ] || return 0
  file=/run/setting-$(echo "$1" | tr / -)
  echo "$2" > "$file"
  mount --bind "$file" "/proc/sys/$1"
}
pretend vm/overcommit_memory 1
pretend vm/panic_on_oom 0
pretend kernel/panic 10
pretend kernel/panic_on_oops 1
pretend kernel/keys/root_maxkeys 1000000
pretend kernel/keys/root_maxbytes 25000000

# Containers see mounts that come later (volumes). Last, so that nothing above is undone in two places at once.
mount --make-rshared /

: > "$dir/ready"
while :; do
  sleep 3600 &
  wait $! || true
done
