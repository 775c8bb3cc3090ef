# SHA-256 and size of files, as they are now; files that are not there are left out. Changes nothing.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

Invoke-IngotScript -Body {
    param($Parameter)
    $files = @(foreach ($path in @(Get-IngotProperty -InputObject $Parameter -Name 'paths' -Default @())) {
            if (-not [System.IO.File]::Exists([string]$path)) { continue }
            # Opened here: by its path, Get-FileHash would not open a log that its program still writes.
            $stream = [System.IO.File]::Open([string]$path, 'Open', 'Read', 'ReadWrite, Delete')
            try {
                $hash = [string](Get-FileHash -InputStream $stream -Algorithm SHA256).Hash
                # Of a file that grows: as many bytes as were read.
                @{ path = [string]$path; size = [int64]$stream.Position; sha256 = $hash.ToLowerInvariant() }
            }
            finally { $stream.Dispose() }
        })
    @{ files = $files }
}
