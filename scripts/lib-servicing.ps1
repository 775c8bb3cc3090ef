# Component Based Servicing: its failures carry a code, which is told as it is; what it means is known outside.
# Dot-sourced behind common.ps1 and lib-state.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
# The code of a failure, as 0x800f081f; empty when it has none.
function Get-ServicingCode {
    param([Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$ErrorRecord)
    # Server Manager has the code of servicing in its words only, behind an exception of its own.
    $match = [regex]::Match([string]$ErrorRecord.Exception.Message, '0x[0-9A-Fa-f]{8}')
    if ($match.Success) { return $match.Value.ToLowerInvariant() }
    $base = $ErrorRecord.Exception.GetBaseException()
    # COM failures and "access denied" carry the code of Windows; that of other exceptions is .NET's own.
    if ($base -is [System.Runtime.InteropServices.COMException] -or $base -is [System.UnauthorizedAccessException]) { return ('0x{0:x8}' -f $base.HResult) }
    return ''
}

# Runs a body; what servicing refuses in it becomes an error with the code servicing.0x........
function Invoke-IngotServicing {
    param([Parameter(Mandatory = $true)][string]$What, [Parameter(Mandatory = $true)][scriptblock]$Body)
    try { return & $Body }
    catch {
        $code = Get-ServicingCode -ErrorRecord $_
        if ($code -eq '' -or $_.Exception.Data.Contains('ingot.code')) { throw }
        Stop-Ingot -Code "servicing.$code" -Message ('{0}: {1}' -f $What, $_.Exception.Message)
    }
}

# After the restart of a round of updates, servicing may go on for a while; DISM fails beside it.
function Wait-ServicingDone {
    param([Parameter(Mandatory = $true)][int]$Minutes)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ((Get-ServicingState) -eq 2) {
        if ($clock.Elapsed.TotalMinutes -gt $Minutes) { Stop-Ingot -Code 'servicing.busy' -Message "Expected servicing to be idle within $Minutes minutes, found it working." }
        # The registry tells of changes to native programs only.
        Start-Sleep -Seconds 5
    }
}
