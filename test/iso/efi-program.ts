/**
 * An EFI program (PE32+, x64) that prints a text on the console and powers the machine off, made without a compiler:
 * UEFI specification 2.10, chapters 4 (system table), 8.5.1 (ResetSystem) and 12.4 (OutputString).
 */
export function efiProgram(text: string): Buffer {
  // rcx: image handle, rdx: system table. Offsets are those of the tables' fields on 64 bits.
  const code = Buffer.from(
    [
      '53', //             push rbx
      '48 83 ec 20', //    sub  rsp, 32            ; room for the callee's arguments, and aligned to 16
      '48 89 d3', //       mov  rbx, rdx
      '48 8b 4b 40', //    mov  rcx, [rbx + 0x40]  ; SystemTable.ConOut
      '48 8d 15 1b 00 00 00', // lea rdx, [rip + 27] ; the text, behind the code
      'ff 51 08', //       call [rcx + 8]          ; OutputString
      '48 8b 43 58', //    mov  rax, [rbx + 0x58]  ; SystemTable.RuntimeServices
      'b9 02 00 00 00', // mov  ecx, 2             ; EfiResetShutdown
      '31 d2', //          xor  edx, edx           ; EFI_SUCCESS
      '45 31 c0', //       xor  r8d, r8d           ; no data
      '45 31 c9', //       xor  r9d, r9d
      'ff 50 68', //       call [rax + 0x68]       ; ResetSystem
      'eb fe', //          jmp  $
      '90 90', //          nop                     ; so that the text is aligned
    ]
      .join('')
      .replaceAll(' ', ''),
    'hex',
  );
  return portableExecutable(Buffer.concat([code, Buffer.from(`${text}\r\n\0`, 'utf16le')]));
}

const FILE_ALIGNMENT = 0x200;
const SECTION_ADDRESS = 0x1000;
const OPTIONAL_HEADER = 240;

/** The smallest file that a UEFI loader takes: one section of code, entered at its beginning (PE format, Microsoft). */
function portableExecutable(body: Buffer): Buffer {
  const size = Math.ceil(body.length / FILE_ALIGNMENT) * FILE_ALIGNMENT;
  const header = Buffer.alloc(FILE_ALIGNMENT);
  header.write('MZ', 0, 'latin1');
  header.writeUInt32LE(0x40, 0x3c); // where the PE header is
  header.write('PE\0\0', 0x40, 'latin1');
  const coff = 0x44;
  header.writeUInt16LE(0x8664, coff); // machine: x64
  header.writeUInt16LE(1, coff + 2); // sections
  header.writeUInt16LE(OPTIONAL_HEADER, coff + 16);
  header.writeUInt16LE(0x22, coff + 18); // executable, may lie above 2 GiB
  const optional = coff + 20;
  header.writeUInt16LE(0x20b, optional); // PE32+
  header.writeUInt32LE(size, optional + 4); // size of code
  header.writeUInt32LE(SECTION_ADDRESS, optional + 16); // entry point
  header.writeUInt32LE(SECTION_ADDRESS, optional + 20); // base of code
  header.writeUInt32LE(0x1000, optional + 32); // section alignment
  header.writeUInt32LE(FILE_ALIGNMENT, optional + 36);
  header.writeUInt32LE(2 * SECTION_ADDRESS, optional + 56); // size in memory
  header.writeUInt32LE(FILE_ALIGNMENT, optional + 60); // size of headers
  header.writeUInt16LE(10, optional + 68); // subsystem: EFI application
  header.writeUInt32LE(16, optional + 108); // data directories, all empty
  const section = optional + OPTIONAL_HEADER;
  header.write('.text', section, 'latin1');
  header.writeUInt32LE(body.length, section + 8);
  header.writeUInt32LE(SECTION_ADDRESS, section + 12);
  header.writeUInt32LE(size, section + 16);
  header.writeUInt32LE(FILE_ALIGNMENT, section + 20);
  header.writeUInt32LE(0x60000020, section + 36); // code, readable, executable
  return Buffer.concat([header, body, Buffer.alloc(size - body.length)]);
}
