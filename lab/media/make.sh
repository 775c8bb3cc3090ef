#!/usr/bin/env bash
# Makes the sample media of the lab again: small ISO files shaped like Windows and VMware Tools media, without any
# content of theirs. Same bytes on every run.
# Needs (Debian): genisoimage wimtools mtools faketime python3
# Usage: lab/media/make.sh [OUTPUT-FOLDER]     (default: beside this script)
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

out=$(realpath "${1:-$(dirname "$0")}")
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly date='2022-08-09 00:00:00'

# write_placeholder FILE TEXT
write_placeholder() {
  mkdir -p "$(dirname "$1")"
  printf '%s\r\n' "$2" >"$1"
}

# fat_image FILE SERIAL TEXT: a FAT12 image of 128 KiB with one file, as efisys.bin is one of 1.44 MB
fat_image() {
  mkdir -p "$(dirname "$1")"
  truncate -s 131072 "$1"
  faketime -f "$date" mformat -i "$1" -T 256 -h 2 -s 8 -N "$2" -v EFISECTOR ::
  write_placeholder "$work/boot.txt" "$3"
  touch -d "$date" "$work/boot.txt"
  faketime -f "$date" mcopy -m -i "$1" "$work/boot.txt" ::BOOTX64.TXT
}

# set_guid WIM BYTE: wimlib takes a random GUID; the header holds it at offset 24
set_guid() {
  for _ in {1..16}; do printf "\\x$2"; done | dd of="$1" bs=1 seek=24 conv=notrunc status=none
}

# add_image WIM NAME DISPLAYNAME FLAGS EDITIONID INSTALLATIONTYPE BUILD SPBUILD
add_image() {
  local wim=$1 verb=capture
  local tree="$work/tree"
  rm -rf "$tree"
  write_placeholder "$tree/Windows/System32/readme.txt" "placeholder of $2"
  find "$tree" -exec touch -d "$date" {} +
  if [ -e "$wim" ]; then verb=append; fi
  faketime -f "$date" wimlib-imagex "$verb" "$tree" "$wim" "$2" "$2" --no-acls \
    --image-property "DISPLAYNAME=$3" \
    --image-property "DISPLAYDESCRIPTION=$3" \
    --image-property "FLAGS=$4" \
    --image-property "WINDOWS/ARCH=9" \
    --image-property "WINDOWS/PRODUCTNAME=Sample" \
    --image-property "WINDOWS/EDITIONID=$5" \
    --image-property "WINDOWS/INSTALLATIONTYPE=$6" \
    --image-property "WINDOWS/LANGUAGES/LANGUAGE[1]=en-US" \
    --image-property "WINDOWS/LANGUAGES/DEFAULT=en-US" \
    --image-property "WINDOWS/VERSION/MAJOR=10" \
    --image-property "WINDOWS/VERSION/MINOR=0" \
    --image-property "WINDOWS/VERSION/BUILD=$7" \
    --image-property "WINDOWS/VERSION/SPBUILD=$8" \
    --image-property "WINDOWS/VERSION/SPLEVEL=0" \
    --image-property "WINDOWS/SYSTEMROOT=WINDOWS" >/dev/null
}

# windows_tree FOLDER BUILD SPBUILD noprompt|prompt: everything but install.wim; `prompt` has no efisys_noprompt.bin,
# as media that somebody mastered again may lack it
windows_tree() {
  local tree=$1 boot="$1/sources/boot.wim"
  write_placeholder "$tree/setup.exe" 'placeholder'
  write_placeholder "$tree/bootmgr.efi" 'placeholder'
  write_placeholder "$tree/sources/setup.exe" 'placeholder'
  write_placeholder "$tree/sources/lang.ini" '[Available UI Languages] en-US = 3'
  write_placeholder "$tree/efi/boot/bootx64.efi" 'placeholder'
  write_placeholder "$tree/boot/bootfix.bin" 'placeholder'
  mkdir -p "$tree/boot"
  head -c 4096 /dev/zero >"$tree/boot/etfsboot.com"
  fat_image "$tree/efi/microsoft/boot/efisys.bin" 11111111 'Press any key to boot from CD or DVD'
  if [ "$4" = noprompt ]; then
    fat_image "$tree/efi/microsoft/boot/efisys_noprompt.bin" 22222222 'boots at once'
  fi
  add_image "$boot" 'Microsoft Windows PE (x64)' 'Microsoft Windows PE (x64)' 9 WindowsPE WindowsPE "$2" "$3"
  add_image "$boot" 'Microsoft Windows Setup (x64)' 'Microsoft Windows Setup (x64)' 2 WindowsPE WindowsPE "$2" "$3"
  set_guid "$boot" b0
}

# pack FOLDER LABEL OUTPUT [boot options]
pack() {
  local tree=$1 label=$2 output=$3
  shift 3
  find "$tree" -exec touch -d "$date" {} +
  faketime -f "$date" genisoimage -quiet -D -udf -J -joliet-long -iso-level 3 -input-charset utf-8 -no-pad \
    -V "$label" -sysid '' -p '' -publisher '' -A '' "$@" -o "$output" "$tree" 2>/dev/null
  fix_volume_set "$output"
}

# fix_volume_set ISO: genisoimage puts process id and CPU time into UDF's volume set identifier (main and reserve
# Primary Volume Descriptor); a fixed one needs its CRC and the checksum of its tag again.
fix_volume_set() {
  python3 - "$1" <<'PYTHON'
import binascii, struct, sys
with open(sys.argv[1], 'r+b') as iso:
    for sector in (32, 48):
        iso.seek(sector * 2048)
        block = bytearray(iso.read(2048))
        assert struct.unpack_from('<H', block, 0)[0] == 1, 'no Primary Volume Descriptor'
        block[73:89] = b'62F1A38000000000'
        length = struct.unpack_from('<H', block, 10)[0]
        struct.pack_into('<H', block, 8, binascii.crc_hqx(bytes(block[16:16 + length]), 0))
        block[4] = (sum(block[0:4]) + sum(block[5:16])) % 256
        iso.seek(sector * 2048)
        iso.write(block)
PYTHON
}

# pack_windows FOLDER LABEL OUTPUT
pack_windows() {
  pack "$1" "$2" "$3" \
    -c boot/boot.cat -b boot/etfsboot.com -no-emul-boot -boot-load-size 8 \
    -eltorito-alt-boot -e efi/microsoft/boot/efisys.bin -no-emul-boot
}

# Four images, as the media of 2019, 2022 and 2025 hold them.
four_images() {
  local wim=$1 year=$2 build=$3 revision=$4 edition
  for edition in Standard Datacenter; do
    add_image "$wim" "Windows Server $year SERVER${edition^^}CORE" "Windows Server $year $edition" \
      "SERVER${edition^^}CORE" "Server$edition" 'Server Core' "$build" "$revision"
    add_image "$wim" "Windows Server $year SERVER${edition^^}" "Windows Server $year $edition (Desktop Experience)" \
      "SERVER${edition^^}" "Server$edition" Server "$build" "$revision"
  done
  set_guid "$wim" a0
}

# The media of 20H2 hold Server Core only.
core_images() {
  local wim=$1 build=$2 revision=$3 edition
  for edition in Standard Datacenter; do
    add_image "$wim" "Windows Server SERVER${edition^^}ACORE" "Windows Server $edition" \
      "SERVER${edition^^}ACORE" "Server${edition}ACor" 'Server Core' "$build" "$revision"
  done
  set_guid "$wim" a0
}

# windows VERSION BUILD SPBUILD [prompt]
windows() {
  local tree="$work/windows-$1${4:-}"
  windows_tree "$tree" "$2" "$3" "${4:-noprompt}"
  if [ "$1" = 20H2 ]; then core_images "$tree/sources/install.wim" "$2" "$3"; else four_images "$tree/sources/install.wim" "$1" "$2" "$3"; fi
  pack_windows "$tree" SSS_X64FREE_EN-US_DV9 "$out/windows-server-${1,,}${4:+-$4}.iso"
}

# vmware_tools VERSION OUTPUT DRIVER-FOLDERS...
vmware_tools() {
  local tree="$work/tools-$1" version=$1 output=$2 folder
  local drivers="$tree/Program Files/VMware/VMware Tools/Drivers"
  shift 2
  write_placeholder "$tree/setup64.exe" "placeholder of VMware Tools $version"
  write_placeholder "$tree/setup.exe" "placeholder of VMware Tools $version"
  printf '%s\n' "$version" >"$tree/tools-version.txt"
  for folder in "$@"; do
    write_placeholder "$drivers/pvscsi/$folder/amd64/pvscsi.inf" 'placeholder'
    write_placeholder "$drivers/vmxnet3/$folder/vmxnet3.inf" 'placeholder'
  done
  pack "$tree" 'VMware Tools' "$output"
}

windows 20H2 19042 508
windows 2019 17763 1217
windows 2022 20348 587
windows 2025 26100 1742
windows 2022 20348 587 prompt
vmware_tools 12.3.5.22544099 "$out/vmware-tools.iso" Win8 Win10
vmware_tools 10.3.0.8931395 "$out/vmware-tools-old.iso" Win8
