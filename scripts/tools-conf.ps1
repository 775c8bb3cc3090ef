# Reads tools.conf of VMware Tools back, as Windows sees it: bytes and access list. The file is written over SFTP.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

Invoke-IngotScript -Body {
    $path = Join-Path -Path $env:ProgramData -ChildPath 'VMware\VMware Tools\tools.conf'
    $content = ''
    $acl = ''
    # VMware Tools look at the file every 5 seconds, so what lies here is what they use: no restart of the service.
    if (Test-Path -LiteralPath $path -PathType Leaf) {
        $content = [Convert]::ToBase64String([System.IO.File]::ReadAllBytes($path))
        $acl = [string](Get-Acl -LiteralPath $path).Sddl
    }
    @{ path = $path; acl = $acl; content = $content }
}
