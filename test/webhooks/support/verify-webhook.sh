#!/bin/sh
# Verifies a webhook by openssl alone, sharing no line with what signs.
# verify-webhook.sh v1|v1a|guardhouse <secret or public key> <webhook-id> <webhook-timestamp> <signatures> <file of the body>
set -eu
scheme=$1 key=$2 id=$3 time=$4 signatures=$5 body=$6
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

hex() { od -An -v -tx1 | tr -d ' \n'; }
from_base64() { printf %s "$1" | openssl base64 -d -A; }
hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary "$scratch/signed"; }

case $scheme in
v1)
  { printf '%s.%s.' "$id" "$time" && cat "$body"; } >"$scratch/signed"
  expected=v1,$(hmac "$(from_base64 "${key#whsec_}" | hex)" | openssl base64 -A)
  for signature in $signatures; do
    [ "$signature" != "$expected" ] || exit 0
  done
  ;;
v1a)
  { printf '%s.%s.' "$id" "$time" && cat "$body"; } >"$scratch/signed"
  # RFC 8410, section 4: what stands before the 32 bytes of a public key.
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000' && from_base64 "${key#whpk_}"; } >"$scratch/key"
  for signature in $signatures; do
    from_base64 "${signature#v1a,}" >"$scratch/signature"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$scratch/key" -rawin -in "$scratch/signed" \
      -sigfile "$scratch/signature" >/dev/null 2>&1 && exit 0
  done
  ;;
guardhouse)
  time=$(printf %s "$signatures" | sed -n 's/^t=\([0-9]*\),.*/\1/p')
  { printf '%s.' "$time" && cat "$body"; } >"$scratch/signed"
  expected=v1=$(hmac "$(printf %s "$key" | hex)" | hex)
  case ",$signatures," in *",$expected,"*) exit 0 ;; esac
  ;;
esac
exit 1
