# What Windows writes when it stops with an error, and the page file that this goes through.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

$CrashControl = 'HKLM:\SYSTEM\CurrentControlSet\Control\CrashControl'
# CrashDumpEnabled (Microsoft, "Overview of memory dump file options"). Complete dumps are not offered: they hold all memory.
$Kinds = @{ none = 0; kernel = 2; small = 3; automatic = 7 }

# pageFiles: [{path, initialMegabytes, maximumMegabytes}] of those with a size of their own.
function Get-MemoryDumpState {
    $files = @(Get-CimInstance -ClassName Win32_PageFileSetting | Sort-Object -Property Name | ForEach-Object -Process {
            @{ path = [string]$_.Name; initialMegabytes = [int]$_.InitialSize; maximumMegabytes = [int]$_.MaximumSize }
        })
    return @{
        crashDumpEnabled = [int](Get-RegistryValue -Path $CrashControl -Name 'CrashDumpEnabled' -Default -1)
        autoReboot       = [int](Get-RegistryValue -Path $CrashControl -Name 'AutoReboot' -Default -1)
        managed          = [bool](Get-CimInstance -ClassName Win32_ComputerSystem).AutomaticManagedPagefile
        pageFiles        = @($files)
    }
}

function Test-PageFile {
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$State, [Parameter(Mandatory = $true)][int]$Megabytes)
    if ($Megabytes -eq 0) { return $State.managed }
    if ($State.managed -or $State.pageFiles.Count -ne 1) { return $false }
    $file = $State.pageFiles[0]
    return ($file.path -eq "$env:SystemDrive\pagefile.sys") -and ($file.initialMegabytes -eq $Megabytes) -and ($file.maximumMegabytes -eq $Megabytes)
}

# Taken up at the next start.
function Set-PageFile {
    param([Parameter(Mandatory = $true)][int]$Megabytes)
    Set-CimInstance -InputObject (Get-CimInstance -ClassName Win32_ComputerSystem) -Property @{ AutomaticManagedPagefile = ($Megabytes -eq 0) }
    if ($Megabytes -eq 0) { return }
    $path = "$env:SystemDrive\pagefile.sys"
    foreach ($other in @(Get-CimInstance -ClassName Win32_PageFileSetting | Where-Object -FilterScript { $_.Name -ne $path })) { Remove-CimInstance -InputObject $other }
    $own = @(Get-CimInstance -ClassName Win32_PageFileSetting)
    if ($own.Count -eq 0) { $own = @(New-CimInstance -ClassName Win32_PageFileSetting -Property @{ Name = $path }) }
    Set-CimInstance -InputObject $own[0] -Property @{ InitialSize = [uint32]$Megabytes; MaximumSize = [uint32]$Megabytes }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $kind = Get-IngotText -InputObject $Parameter -Name 'memoryDump'
    if (-not $Kinds.ContainsKey($kind)) { Stop-Ingot -Code 'guest.parameters' -Message "Expected automatic, kernel, small or none as memoryDump, found $kind." }
    # 0: managed by Windows.
    $megabytes = [int](Get-IngotProperty -InputObject $Parameter -Name 'pageFileMegabytes' -Default 0)
    $before = Get-MemoryDumpState
    $dump = $before.crashDumpEnabled -ne $Kinds[$kind] -or $before.autoReboot -ne 1
    $page = -not (Test-PageFile -State $before -Megabytes $megabytes)
    $changed = $dump -or $page
    $after = $before
    if ($changed -and -not $Test) {
        if ($dump) {
            [void](New-ItemProperty -LiteralPath $CrashControl -Name 'CrashDumpEnabled' -PropertyType DWord -Value $Kinds[$kind] -Force)
            # A node that waits at a blue screen is lost to its cluster.
            [void](New-ItemProperty -LiteralPath $CrashControl -Name 'AutoReboot' -PropertyType DWord -Value 1 -Force)
        }
        if ($page) { Set-PageFile -Megabytes $megabytes }
        $after = Get-MemoryDumpState
    }
    New-IngotResult -Changed $changed -Before $before -After $after -RebootRequired ($changed -and -not $Test)
}
