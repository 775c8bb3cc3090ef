# One round of Windows updates: search, download, install, one after the other. It runs as SYSTEM, as a job: Windows Update's
# COM API refuses network logons such as SSH's. What Windows Update itself says no to is a result and no failure of the
# script: the codes are explained outside. With -Test: the search alone.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-updates.ps1')

$MicrosoftUpdate = '7971f918-a847-4430-9279-4a52d1efe18d'
# Another installation or servicing may be at work for a while; longer means that it hangs.
$BusySeconds = 1800
$Problem = $null
$InstalledBefore = @()
$Skipped = New-Object -TypeName System.Collections.ArrayList
$Records = New-Object -TypeName System.Collections.ArrayList

# A session whose searcher asks where the image file says.
function New-UpdateSession {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Source)
    $session = New-Object -ComObject 'Microsoft.Update.Session'
    $session.ClientApplicationID = 'ingot'
    $searcher = $session.CreateUpdateSearcher()
    if ($Source -eq 'wsus') { $searcher.ServerSelection = 1 }
    elseif ($Source -eq 'windows-update') { $searcher.ServerSelection = 2 }
    else {
        $manager = New-Object -ComObject 'Microsoft.Update.ServiceManager'
        $manager.ClientApplicationID = 'ingot'
        # 7: registered now, also while offline, and known to automatic updates.
        if (-not $Test) { [void]$manager.AddService2($MicrosoftUpdate, 7, '') }
        $searcher.ServerSelection = 3
        $searcher.ServiceID = $MicrosoftUpdate
    }
    return @{ session = $session; searcher = $searcher }
}

# What is to be installed of what was found. Chosen here and not in the search's criteria: clauses about categories end in
# 0x80244022 with some servers. Which classifications there are is for the caller: ids, since names are localised.
function Select-Update {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Found, [Parameter(Mandatory = $true)][object]$Parameter)
    $categories = @(Get-IngotProperty -InputObject $Parameter -Name 'categoryIds' -Default @() | ForEach-Object -Process { [string]$_ })
    $include = @(Get-IngotProperty -InputObject $Parameter -Name 'include' -Default @() | ForEach-Object -Process { [string]$_ })
    $exclude = @(Get-IngotProperty -InputObject $Parameter -Name 'exclude' -Default @() | ForEach-Object -Process { [string]$_ })
    for ($index = 0; $index -lt $Found.Count; $index++) {
        $update = $Found.Item($index)
        $title = [string]$update.Title
        # Metadata that could not be read: no title, a date of 1970. Reading further properties would throw 0x8002802B.
        if ($title -eq '' -or ([DateTime]$update.LastDeploymentChangeTime).Year -lt 1990) {
            $script:Problem = @{ stage = 'metadata'; hresult = '0x8002802B' }
            return
        }
        $kb = Get-UpdateKb -Update $update
        $inCategory = $categories.Count -eq 0
        for ($position = 0; $position -lt $update.Categories.Count; $position++) {
            if ($categories -contains [string]$update.Categories.Item($position).CategoryID) { $inCategory = $true }
        }
        # A bundle may have no behavior of its own.
        $behavior = $update.InstallationBehavior
        $reason = ''
        if ($include.Count -gt 0) { if ($include -notcontains $kb) { $reason = 'not-included' } }
        elseif (-not $inCategory) { $reason = 'category' }
        if ($exclude -contains $kb) { $reason = 'excluded' }
        # Needs a logged-on user and is offered for ever.
        elseif ($kb -eq 'KB5007651') { $reason = 'needs-user' }
        elseif ($include -notcontains $kb -and $title -like '*Preview*') { $reason = 'preview' }
        # Would fight the Tools from the Tools ISO.
        elseif ($title -like '*VMware*') { $reason = 'vmware' }
        elseif ($null -ne $behavior -and $behavior.CanRequestUserInput) { $reason = 'needs-user' }
        if ($reason -eq '') { $update }
        else { [void]$Skipped.Add(@{ kb = $kb; title = $title; reason = $reason }) }
    }
}

# Waits for servicing and for other installations to end; false when they do not.
function Wait-Quiet {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Session)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $told = $false
    # Not for TiWorker.exe to exit: it stays for hours, on 2025 for ever.
    while ((Get-ServicingState) -eq 2 -or $Session.CreateUpdateInstaller().IsBusy) {
        if ($clock.Elapsed.TotalSeconds -gt $BusySeconds) { return $false }
        if (-not $told) { Write-IngotProgress -Message 'Waiting for servicing to be idle' }
        $told = $true
        # Neither the registry nor IsBusy tells of a change.
        Start-Sleep -Seconds 5
    }
    return $true
}

function Add-UpdateRecord {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Update, [Parameter(Mandatory = $true)][int]$ResultCode, [Parameter(Mandatory = $true)][int]$HResult, [Parameter(Mandatory = $true)][string]$Stage)
    $id = '{0}.{1}' -f $Update.Identity.UpdateID, $Update.Identity.RevisionNumber
    [void]$Records.Add(@{
            id         = $id
            kb         = Get-UpdateKb -Update $Update
            title      = [string]$Update.Title
            stage      = $Stage
            resultCode = $ResultCode
            hresult    = ConvertTo-UpdateCode -Code $HResult
            # Installed with success before, and offered again: Windows has rolled it back.
            again      = $script:InstalledBefore -contains $id
        })
}

# The result of an update that failed. Definitions of Defender have a way of their own to be renewed; 3: with errors.
function Get-MendedResult {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Update, [Parameter(Mandatory = $true)][int]$ResultCode)
    if (@(2, 3) -contains $ResultCode) { return $ResultCode }
    if ((Get-UpdateKb -Update $Update) -eq 'KB2267602' -and (Update-DefenderSignature)) { return 3 }
    return $ResultCode
}

# Downloads and installs one update; returns whether the next one can follow.
function Install-OneUpdate {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Session, [Parameter(Mandatory = $true)][object]$Update, [Parameter(Mandatory = $true)][int]$Done, [Parameter(Mandatory = $true)][int]$Total)
    $title = [string]$Update.Title
    $single = New-Object -ComObject 'Microsoft.Update.UpdateColl'
    [void]$single.Add($Update)
    if (-not $Update.EulaAccepted) { [void]$Update.AcceptEula() }
    if (-not $Update.IsDownloaded) {
        Write-IngotProgress -Message ('Downloading {0}' -f $title) -Done $Done -Total $Total
        $downloader = $Session.CreateUpdateDownloader()
        $downloader.Updates = $single
        $outcome = $downloader.Download().GetUpdateResult(0)
        if (@(2, 3) -notcontains [int]$outcome.ResultCode) {
            $code = Get-MendedResult -Update $Update -ResultCode ([int]$outcome.ResultCode)
            Add-UpdateRecord -Update $Update -ResultCode $code -HResult ([int]$outcome.HResult) -Stage 'download'
            return $true
        }
    }
    Write-IngotProgress -Message ('Installing {0}' -f $title) -Done $Done -Total $Total
    $installer = $Session.CreateUpdateInstaller()
    # What Windows needs to restart for before anything else is installed is for the next round.
    if ($installer.RebootRequiredBeforeInstallation) { return $false }
    $installer.Updates = $single
    $result = $installer.Install()
    $outcome = $result.GetUpdateResult(0)
    $code = Get-MendedResult -Update $Update -ResultCode ([int]$outcome.ResultCode)
    # 0x80240016: the restart of an earlier one is due first.
    if (@(2, 3) -notcontains $code -and [int]$outcome.HResult -eq -2145124330 -and $Records.Count -gt 0) { return $false }
    Add-UpdateRecord -Update $Update -ResultCode $code -HResult ([int]$outcome.HResult) -Stage 'install'
    return $true
}

Invoke-IngotScript -Body {
    param($Parameter)
    $source = Get-IngotText -InputObject $Parameter -Name 'source'
    if (-not $Test) { Enable-UpdatePolicy -Source $source -Server ([string](Get-IngotProperty -InputObject $Parameter -Name 'server' -Default '')) }
    $answer = @{ found = 0; missing = @(); problem = $null; restored = $false }
    $history = @()
    $before = @()
    $restart = $false
    $stage = 'search'
    try {
        $asked = New-UpdateSession -Source $source
        if (-not (Wait-Quiet -Session $asked.session)) { $script:Problem = @{ stage = 'busy'; hresult = '0x80240016' } }
        else {
            $before = @(Get-UpdateHistory -Searcher $asked.searcher)
            $script:InstalledBefore = @($before | Where-Object -FilterScript { @(2, 3) -contains $_.resultCode } | ForEach-Object -Process { $_.id })
            Write-IngotProgress -Message 'Searching for updates'
            # Software only: drivers from Windows Update would fight those of VMware Tools.
            $search = $asked.searcher.Search("IsInstalled=0 and IsHidden=0 and Type='Software'")
            # 3, succeeded with errors, is a usable answer too.
            if (@(2, 3) -notcontains [int]$search.ResultCode) { $script:Problem = @{ stage = $stage; hresult = '0x80240022' } }
            for ($index = 0; $index -lt $search.Warnings.Count; $index++) {
                $warning = $search.Warnings.Item($index)
                Write-IngotLog -Message ('The search warns: {0} {1}' -f (ConvertTo-UpdateCode -Code $warning.HResult), $warning.Message)
            }
            $selected = @(Select-Update -Found $search.Updates -Parameter $Parameter)
            $answer.found = $selected.Count
            $answer.missing = @(Get-MissingUpdate -Parameter $Parameter -Selected $selected -History $before)
            # Nothing installs while a restart is due (0x80240016). What waits for it was counted: 0 would say that all is done.
            $restart = [bool](New-Object -ComObject 'Microsoft.Update.SystemInfo').RebootRequired
            if (-not $restart -and -not $Test -and $null -eq $Problem) {
                $chosen = @($selected | Select-Object -First ([int](Get-IngotProperty -InputObject $Parameter -Name 'maximum' -Default 50)))
                $stage = 'install'
                for ($index = 0; $index -lt $chosen.Count; $index++) {
                    if (Install-OneUpdate -Session $asked.session -Update $chosen[$index] -Done $index -Total $chosen.Count) { continue }
                    $restart = $true
                    break
                }
                if ($chosen.Count -gt 0 -and -not (Wait-Quiet -Session $asked.session)) { $script:Problem = @{ stage = 'busy'; hresult = '0x80240016' } }
            }
        }
    }
    catch {
        # What Windows Update refuses comes as an exception with its code; anything else is a failure of the script.
        $exception = $_.Exception.GetBaseException()
        if ($exception -isnot [System.Runtime.InteropServices.COMException] -and $exception -isnot [System.UnauthorizedAccessException]) { throw }
        $script:Problem = @{ stage = $stage; hresult = ConvertTo-UpdateCode -Code $exception.HResult }
        Write-IngotLog -Message ('Windows Update: {0}' -f $exception.Message)
        if ($script:Problem.hresult -eq '0x80248007' -and -not $Test) { Reset-UpdateStore }
    }
    try { $history = @(Get-UpdateHistory -Searcher (New-UpdateSession -Source $source).searcher) }
    catch { $history = $before }
    $restart = $restart -or (New-Object -ComObject 'Microsoft.Update.SystemInfo').RebootRequired -or (@(Get-PendingReboot).Count -gt 0)
    # The quiet round is the last one: what was set for the updates is put back.
    $last = $answer.found -eq 0 -and -not $restart -and $null -eq $Problem
    if ($last -and -not $Test) { $answer.restored = Restore-UpdatePolicy -Keep ([bool](Get-IngotProperty -InputObject $Parameter -Name 'keep' -Default $false)) }
    $answer.problem = $Problem
    $result = New-IngotResult -Changed ($Records.Count -gt 0 -or ($Test -and $answer.found -gt 0)) -Before @{ history = $before } -After @{ history = $history } -RebootRequired ([bool]$restart)
    $result.results = @($Records.ToArray())
    $result.skipped = @($Skipped.ToArray())
    foreach ($name in @($answer.Keys)) { $result[$name] = $answer[$name] }
    $result
}
