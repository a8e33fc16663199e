import { expect, test } from "@jest/globals";
import { isPublicAddress } from "./core-address.ts";

test.each(["8.8.8.8", "93.184.216.34", "172.15.0.1", "172.32.0.1", "2a00:1450:4001::1", "2606:4700::6810:84e5"])(
  "%s is of the internet",
  (address) => expect(isPublicAddress(address)).toBe(true),
);

test.each([
  "127.0.0.1",
  "127.9.9.9",
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "64:ff9b::7f00:1",
  "fe80::1",
  "fd00::1",
  "2002:7f00:1::",
  "2001:0:4136:e378::1",
  "2001:db8::1",
  "localhost",
  "",
  "127.1",
])("%s is not", (address) => expect(isPublicAddress(address)).toBe(false));
